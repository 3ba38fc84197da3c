"""Cells as sources: each has the place of a file in the current folder, and may have a name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from archdsl.files import project_root
from archdsl.lsp.documents import OpenLoader
from archdsl.source import SourceFile

_MAGIC: Final = re.compile(r"\s*%%arch\b[^\n]*")


class Cells:
    """The named cells. Others import them as files: ``from "blocks.arch" import Unit``."""

    def __init__(self) -> None:
        self._texts: dict[Path, str] = {}

    def name(self, name: str, text: str) -> None:
        """Registers a text as a file of the current folder."""
        self._texts[Path.cwd().resolve() / name] = text

    def source(self, label: str, text: str) -> tuple[SourceFile, OpenLoader]:
        """A cell's source, called ``label`` in messages, and the loader of its imports."""
        folder = Path.cwd().resolve()
        place = folder / f"{label}.arch"
        return SourceFile(label, text, place), OpenLoader(project_root(place), self._texts)


def text_of(cell: str) -> str | None:
    """A cell as a text of the language, ``None`` for other cells: the magic's line is a comment of the same length, so
    that lines and columns are those of the notebook.

    >>> text_of("%%arch --view\\nlet x = 1")
    '#            \\nlet x = 1'
    >>> text_of("print(1)") is None
    True
    """
    magic = _MAGIC.match(cell)
    if magic is None:
        return None
    lines = magic[0].split("\n")
    return "\n".join([*lines[:-1], "#" + " " * (len(lines[-1]) - 1)]) + cell[magic.end() :]
