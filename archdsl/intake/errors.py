"""What keeps a model from being read: all of it at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archdsl.diagnostics.model import shortened

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place: a layer, by its name and class."""

    place: str
    reason: str

    def __str__(self) -> str:
        return shortened(f"{self.place}: {self.reason}" if self.place else self.reason)


class Unreadable(Exception):
    """A model cannot be read, or not be written so that it is proved equal. ``problems`` has one entry a place."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        more = len(self.problems) - _SHOWN
        shown = [f"\n  {problem}" for problem in self.problems[:_SHOWN]]
        if more > 0:
            shown.append(f"\n  and {more} more")
        super().__init__(f"{shortened(file)} cannot be imported:{''.join(shown)}")


class Unsupported(Exception):
    """A layer does what no op of the language does, or says what no such layer says. The reader knows the place."""
