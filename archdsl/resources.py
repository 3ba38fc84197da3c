"""Files that travel with archdsl: the grammar, the block library, the bundled specs, tables of names.

In a wheel they lie inside the package; in a checkout, which an editable install runs from, the grammar and the specs
lie at its top. In a zip they are read through ``importlib.resources``, which takes 10 ms to import.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent


def directory(name: str) -> Traversable:
    """The folder ``grammars``, ``specs`` or one of the package, wherever this installation keeps it."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    from importlib.resources import files

    return files("archdsl") / name


def grammar() -> str:
    return (directory("grammars") / "arch.lark").read_text(encoding="utf-8")
