"""Import errors: all problems of a model at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archdsl.diagnostics.model import Diagnostic, shortened

_SHOWN: Final = 20
_ALIKE: Final = 3
"""The number of places that are named for the same problem."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at one place: the name of a layer, its class or operator, and the reason."""

    place: str
    reason: str
    kind: str = ""
    code: str = ""
    """The code of the error that ``archdsl explain`` describes."""
    help: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Diagnostic) -> Problem:
        """A problem of the catalogue."""
        return cls("", found.text, code=found.code, help=found.help)

    def __str__(self) -> str:
        place = f"{self.place} ({self.kind})" if self.kind else self.place
        return shortened(f"{place}: {self.reason}" if place else self.reason)


class Unreadable(Exception):
    """A model cannot be read, or not be written so that it is proved equal. ``problems`` has one entry a place."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        lines = _lines(self.problems)
        shown = [f"\n  {line}" for line in lines[:_SHOWN]]
        if len(lines) > _SHOWN:
            shown.append(f"\n  and {len(lines) - _SHOWN} more")
        helps = dict.fromkeys(help for problem in self.problems for help in problem.help)
        shown += [f"\n  = help: {help}" for help in helps]
        super().__init__(f"{shortened(file)} cannot be imported:{''.join(shown)}")

    @property
    def code(self) -> str:
        """The code of a problem that has one."""
        return next((problem.code for problem in self.problems if problem.code), "")


def _lines(problems: Sequence[Problem]) -> list[str]:
    """A line for each problem; those of one kind for one reason share a line, which names some of the places."""
    alike: dict[object, list[Problem]] = {}
    for number, problem in enumerate(problems):
        alike.setdefault((problem.kind, problem.reason) if problem.kind else number, []).append(problem)
    return [f"{same[0]}{_likewise(same[1:])}" for same in alike.values()]


def _likewise(others: Sequence[Problem]) -> str:
    places = [shortened(problem.place) for problem in others[:_ALIKE]]
    if len(others) > _ALIKE:
        places.append(f"{len(others) - _ALIKE} more")
    return f"; also {', '.join(places)}" if places else ""


class Unsupported(Exception):
    """A layer does what no op of the language does, or says what no such layer says. The reader knows the place."""
