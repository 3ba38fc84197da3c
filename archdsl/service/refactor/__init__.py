"""Refactorings that preserve graphs up to names of paths, and claims about current values."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.service.actions import Action
from archdsl.service.analysis import Analysis
from archdsl.service.refactor.claims import check_line, shape_claim
from archdsl.service.refactor.extract import extract
from archdsl.service.refactor.inline import inline
from archdsl.service.refactor.repeat import repeat


def refactorings(analysis: Analysis, start: int, end: int) -> tuple[Action, ...]:
    """The refactorings for a selection, or for a cursor."""
    return tuple(_all(analysis, start, end))


def _all(analysis: Analysis, start: int, end: int) -> Iterator[Action]:
    for offer in (extract, inline, repeat, shape_claim, check_line):
        found = offer(analysis, start, end)
        if found is not None:
            yield found
