"""Positions in the editors' units: lines, and characters in UTF-16 code units or in code points."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, NamedTuple

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_WIDE: Final = 0xFFFF
"""The last code point that is one code unit."""


class Position(NamedTuple):
    """Line and character, both from 0."""

    line: int
    character: int


class Lines:
    """The lines of a text.

    >>> lines = Lines("a🙂b\\r\\nc")
    >>> lines.position(2), lines.position(5), lines.offset(Position(0, 3)), lines.offset(Position(9, 9))
    (Position(line=0, character=3), Position(line=1, character=0), 2, 6)
    """

    def __init__(self, text: str, *, utf16: bool = True) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._is_narrow = not utf16 or text.isascii()
        """Whether each character counts as one."""

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """The offset of the start of a line."""
        return self._starts[line]

    def end(self, line: int) -> int:
        """The offset of the end of a line, before its line break."""
        if line + 1 == len(self._starts):
            return len(self.text)
        end = self._starts[line + 1] - 1
        return end - 1 if self.text[end] == "\n" and end > self._starts[line] and self.text[end - 1] == "\r" else end

    def position(self, offset: int) -> Position:
        """The position of an offset; within a line break, the end of its line."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        offset = min(offset, self.end(line))
        if self._is_narrow:
            return Position(line, offset - start)
        return Position(line, sum(2 if ord(c) > _WIDE else 1 for c in self.text[start:offset]))

    def offset(self, position: Position) -> int:
        """The offset of a position, clamped to the end of its line or of the text.

        Within a character that takes two code units, it is that character.
        """
        line, character = position
        if line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[line], self.end(line)
        if self._is_narrow:
            return min(start + character, end)
        units = 0
        for offset in range(start, end):
            units += 2 if ord(self.text[offset]) > _WIDE else 1
            if units > character:
                return offset
        return end
