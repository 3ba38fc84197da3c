"""Random edits of a text, as hands make them: typing, deleting, pasting, undoing."""

from __future__ import annotations

import random
from typing import NamedTuple

from archdsl.service import Lines
from archdsl.service.lines import Position


class Change(NamedTuple):
    """What replaces the text between two places."""

    start: Position
    end: Position
    text: str


WORDS = (
    *("conv(8)", "-> relu", " as x", "{", "}", "(", ")", "[", "]", "# note\n", "\n", "  ", "for i in range(3) {", "->"),
    *("block B(n: int) :: [h, w, c] -> [h, w, n] { conv(n) }\n", "let k = 3\n", 'from "other.arch" import X\n', '"'),
    *("🙂", "é", "\r\n", "\t", "...", "check ", "model M = ", "depth=", "12", "0.5", ",", "repeat 2 {", "table {"),
    *("::", "if c > 3 {"),
)


class Hands:
    """Edits a text for ever. ``text`` is what it has become."""

    def __init__(self, text: str, seed: int) -> None:
        self.text = text
        self._original = text
        self._random = random.Random(seed)
        self._at = 0
        self._typing = ""

    def edit(self) -> list[Change]:
        """The next edit, as the changes that an editor sends in one message."""
        draw = self._random
        if self._typing:
            letter, self._typing = self._typing[0], self._typing[1:]
            return [self._replace(self._at, self._at, letter)]
        match draw.randrange(10):
            case 0 | 1 | 2:
                self._at, self._typing = draw.randrange(len(self.text) + 1), draw.choice(WORDS)
                return self.edit()
            case 3 | 4:
                start = draw.randrange(len(self.text) + 1)
                return [self._replace(start, min(len(self.text), start + draw.choice((1, 1, 1, 3, 20, 200))), "")]
            case 5:
                start, end = sorted(draw.randrange(len(self._original) + 1) for _ in range(2))
                at = draw.randrange(len(self.text) + 1)
                return [self._replace(at, at, self._original[start : min(end, start + 400)])]
            case 6 if len(self.text) > 2 * len(self._original) or draw.random() < 0.1:
                return [self._replace(0, len(self.text), self._original)]
            case 7:
                return [self._replace(at, at, draw.choice(WORDS)) for at in sorted(self._places(2), reverse=True)]
            case _:
                at = draw.randrange(len(self.text) + 1)
                return [self._replace(at, at, draw.choice(WORDS))]

    def _places(self, count: int) -> list[int]:
        return [self._random.randrange(len(self.text) + 1) for _ in range(count)]

    def _replace(self, start: int, end: int, text: str) -> Change:
        lines = Lines(self.text)
        # An editor knows no place within a line break.
        first, last = lines.position(start), lines.position(end)
        start, end = lines.offset(first), lines.offset(last)
        self.text = self.text[:start] + text + self.text[end:]
        self._at = start + len(text)
        return Change(first, last, text)
