"""Selects the models that meet the limits of a task, with reasons against the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from archdsl.comparison.criteria import Criteria, share
from archdsl.comparison.entry import Entry
from archdsl.comparison.quantities import QUANTITIES

_TIES: Final = ("top1", "params", "macs", "memory")
"""The figures that break ties in the preferred one, and that are mentioned as advantages."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that meets all limits, with its advantages."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A model that violates limits. ``by`` is the sum of the relative violations: 0.07 is close."""

    entry: Entry
    reasons: tuple[str, ...]
    by: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A model that violates no limit as far as is known, with the unknown figures."""

    entry: Entry
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The result: every model is in exactly one of the three lists."""

    criteria: Criteria
    chosen: tuple[Candidate, ...]
    """The best first."""
    misses: tuple[Miss, ...]
    """The nearest first."""
    unknown: tuple[Unknown, ...]

    @property
    def looked_at(self) -> int:
        return len(self.chosen) + len(self.misses) + len(self.unknown)


def select(entries: Iterable[Entry], criteria: Criteria) -> Selection:
    """Sorts models into those that meet the criteria, those that violate them, and those with unknown figures.

    A figure that is unknown rules nothing out by itself: a model that breaks another limit is a miss all the same.

    >>> small = Entry("S", "S", "s.arch", (), {"params": 3_000_000, "macs": 10**8, "memory": 10**6})
    >>> large = Entry("L", "L", "l.arch", (), {"params": 9_000_000, "macs": 10**9, "memory": 10**6})
    >>> found = select([small, large], Criteria(params=5e6))
    >>> [c.entry.name for c in found.chosen], found.misses[0].reasons
    (['S'], ('9.00 M parameters: 4.00 M (80 %) too many',))
    """
    fit, misses, unknown = [], [], []
    limits = tuple(criteria.limits)
    for entry in entries:
        missing = tuple(limit.quantity.words for limit in limits if limit.value(entry) is None)
        if broken := [gap for limit in limits if (gap := limit.gap(entry)) is not None]:
            misses.append(Miss(entry, tuple(gap.words for gap in broken), sum(gap.by for gap in broken)))
        elif missing:
            unknown.append(Unknown(entry, missing))
        else:
            fit.append(entry)
    ranked = sorted(fit, key=lambda entry: _rank(entry, criteria.prefer))
    chosen = tuple(Candidate(entry, tuple(_reasons(entry, ranked, criteria))) for entry in ranked)
    return Selection(criteria, chosen, tuple(sorted(misses, key=lambda miss: miss.by)), tuple(unknown))


def describe(criteria: Criteria) -> str:
    """
    >>> describe(Criteria(params=5e6, top1=75))
    'at most 5.00 M parameters, at least 75.0 % top-1'
    """
    return ", ".join(map(str, criteria.limits)) or "no limits"


def _rank(entry: Entry, prefer: str) -> tuple[float, ...]:
    """A sort key: the preferred figure, then the others to break ties."""
    order = (prefer, *(name for name in _TIES if name != prefer))
    return tuple(QUANTITIES[name].rank(entry) for name in order)


def _reasons(entry: Entry, ranked: list[Entry], criteria: Criteria) -> Iterator[str]:
    praised = dict.fromkeys((*_TIES, criteria.prefer))
    best = [QUANTITIES[name].praise for name in praised if _is_best(entry, ranked, name)]
    if best and len(ranked) > 1:
        yield f"of these it has {_and(best)}"
    above = [other for other in ranked if _dominates(other, entry)]
    if above:
        yield f"{above[0].name} is at least as good in accuracy, parameters and MACs"
    elif entry.top1 is not None and len(ranked) > 1:
        yield "none of the others is as accurate with no more parameters and MACs"
    wanted = criteria.at_least.get("top1")
    if wanted is not None and entry.top1 is not None and (gap := entry.top1 - wanted) > 0.05:
        yield f"{gap:.1f} points more accurate than asked for"
    spare = [
        f"{limit.quantity.show(gap)} {limit.quantity.noun} ({share(gap / limit.wanted)})"
        for limit in criteria.limits
        if not (limit.is_least or limit.quantity.is_stated)
        and (value := limit.value(entry)) is not None
        and (gap := limit.wanted - value) > 0
    ]
    if spare:
        yield f"{_and(spare)} to spare"


def _is_best(entry: Entry, ranked: list[Entry], name: str) -> bool:
    rank = QUANTITIES[name].rank(entry)
    return rank != float("inf") and rank == min(QUANTITIES[name].rank(other) for other in ranked)


def _dominates(other: Entry, entry: Entry) -> bool:
    """Pareto dominance in accuracy, parameters and MACs: nowhere worse, and somewhere better."""
    ours, theirs = ([QUANTITIES[name].rank(x) for name in ("top1", "params", "macs")] for x in (entry, other))
    return entry.top1 is not None and theirs != ours and all(a <= b for a, b in zip(theirs, ours, strict=True))


def _and(parts: list[str]) -> str:
    """
    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
