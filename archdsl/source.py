"""Source text and places in it: the coordinates that every later stage carries along."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class SourceFile:
    """A text with the name that users know it by.

    ``name`` is what diagnostics print: a path relative to the project root, ``std/conv.arch`` for the
    library, or ``<text>``. It never holds an absolute path, so no output names the machine.
    """

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r}, {len(self.text)} characters)"

    @property
    def starts(self) -> list[int]:
        """Offsets at which lines start; found on first use, as most files never need them."""
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

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of ``other``, in the same file."""
        return Span(self.source, self.start, other.end)
