"""Source text and positions in it, which every later stage refers to."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class SourceFile:
    """A text with the name that users know it by.

    ``name`` is what diagnostics print: a path relative to the project root, ``std/conv.arch`` for the
    library, or ``<text>``. It never holds an absolute path, so no output names the machine. Within a program, no two
    files have the same one.

    ``path`` is where the file lies, links resolved, so that imports can be found from there; texts that came from no
    file, and the library, have none.
    """

    __slots__ = ("_starts", "name", "path", "text")

    def __init__(self, name: str, text: str, path: Path | None = None) -> None:
        self.name = name
        self.text = text
        self.path = path
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r}, {len(self.text)} characters)"

    @property
    def identity(self) -> Path | str:
        """The identity of a module, however it was imported: its file, or else its name.

        Names are strings and files are paths, so that no file of a project is taken for one of the library.
        """
        return self.path or self.name

    @property
    def starts(self) -> list[int]:
        """Offsets of the starts of lines, computed on first use."""
        if self._starts is None:
            starts, position = [0], self.text.find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = self.text.find("\n", position + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a 0-based offset.

        >>> SourceFile("<text>", "ab\\ncd").position(4)
        (2, 2)
        """
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line break."""
        start = self.starts[number - 1]
        end = self.starts[number] - 1 if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""What stands in a text for bytes that are none: Python adds them to 0xDC00."""
_ESCAPED: Final = 0xDC00


class NotText(NamedTuple):
    """The first character that is no text, in words, and the number of others."""

    offset: int
    what: str
    more: int


def not_text(text: str) -> NotText | None:
    """Characters of a text that are undecodable bytes or lone surrogates; ``None`` if there are none.

    >>> not_text(b"caf\\xe9".decode(errors="surrogateescape"))
    NotText(offset=3, what='byte 0xE9', more=0)
    """
    first = None if text.isascii() else SURROGATES.search(text)
    if first is None:
        return None
    code = ord(first[0])
    what = f"byte 0x{code - _ESCAPED:02X}" if _ESCAPED < code <= _ESCAPED + 0xFF else f"U+{code:04X}"
    return NotText(first.start(), what, len(SURROGATES.findall(text)) - 1)


class Span(NamedTuple):
    """A half-open range ``[start, end)`` of 0-based offsets in one source file."""

    source: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    def holds(self, other: Span) -> bool:
        """Whether another span lies within this one."""
        return self.source is other.source and self.start <= other.start and other.end <= self.end

    @property
    def begins_line(self) -> bool:
        """Whether nothing but blanks stands before it on its line."""
        text = self.source.text
        return not text[text.rfind("\n", 0, self.start) + 1 : self.start].strip()

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of ``other``, in the same file."""
        return Span(self.source, self.start, other.end)
