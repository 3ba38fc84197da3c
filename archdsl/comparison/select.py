"""Choosing a model: which of many meet the limits that a task sets, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final, Literal, NamedTuple, TypeAlias

from archdsl.comparison.entry import Entry
from archdsl.graph.dims import Dim
from archdsl.summary.figures import human, in_bytes

Preference: TypeAlias = Literal["top1", "params", "macs", "memory"]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a model must meet; ``None`` is no limit."""

    params: float | None = None
    """At most so many weights."""
    macs: float | None = None
    """At most so many multiply-adds for an image."""
    memory: float | None = None
    """At most so many bytes of activations for an image."""
    top1: float | None = None
    """At least this percentage of ImageNet."""
    year: float | None = None
    """Not published before."""
    prefer: Preference = "top1"
    """The figure by which those that meet all of it are ranked."""


class Limit(NamedTuple):
    """What is known of one criterion: its figure, and how to speak of it."""

    name: str
    is_least: bool
    """Whether it is a lower bound."""
    figure: Callable[[Entry], Dim | float | None]
    show: Callable[[float], str]
    noun: str
    """What follows the figure: ``5.33 M parameters``."""
    title: str
    """The figure's name."""
    praise: str = ""
    """What is said of the model that is best in it, where models are ranked by it."""

    def value(self, entry: Entry) -> float | None:
        """The figure, where it is known and does not depend on an open dimension."""
        found = self.figure(entry)
        return found if isinstance(found, int | float) else None

    def breaks(self, value: float, wanted: float) -> bool:
        return value < wanted if self.is_least else value > wanted


def _count(value: float) -> str:
    return human(round(value))


def _bytes(value: float) -> str:
    return in_bytes(round(value))


def _points(value: float) -> str:
    return f"{value:.1f} %"


def _year(value: float) -> str:
    return str(round(value))


_LIMITS: Final = (
    Limit("params", False, lambda e: e.params, _count, "parameters", "parameters", "the fewest parameters"),
    Limit("macs", False, lambda e: e.macs, _count, "MACs", "MACs", "the fewest MACs"),
    Limit(
        "memory",
        False,
        lambda e: e.memory,
        _bytes,
        "of activations",
        "memory of activations",
        "the smallest activations",
    ),
    Limit("top1", True, lambda e: e.top1, _points, "top-1", "top-1", "the best top-1"),
    Limit("year", True, lambda e: e.year, _year, "", "year"),
)
_FAR: Final = 10
"""How many times a limit is too much from which on percents say little."""
_BY_NAME: Final = {limit.name: limit for limit in _LIMITS}
_RANKED: Final[tuple[Preference, ...]] = ("top1", "params", "macs", "memory")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that meets everything, with what speaks for it."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A model that does not. ``by`` is the sum of what is missing, relative to the limits: 0.07 is close."""

    entry: Entry
    reasons: tuple[str, ...]
    by: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A model that would do as far as is known, with the figures that are not."""

    entry: Entry
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Every model that was looked at is in exactly one of the three lists."""

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
    """Sorts models into those that meet the criteria, those that miss them, and those that say too little to tell.

    A figure that is unknown rules nothing out by itself: a model that breaks another limit is a miss all the same.

    >>> from archdsl.comparison.entry import Entry
    >>> small = Entry("S", "S", "s.arch", (), 3_000_000, 3_000_000, 10**8, 10, 10**6, None, top1=70.0)
    >>> large = Entry("L", "L", "l.arch", (), 9_000_000, 9_000_000, 10**9, 10, 10**6, None, top1=76.0)
    >>> found = select([small, large], Criteria(params=5e6))
    >>> [c.entry.name for c in found.chosen], found.misses[0].reasons
    (['S'], ('9.00 M parameters: 4.00 M (80 %) too many',))
    """
    fit, misses, unknown = [], [], []
    for entry in entries:
        demands = [_Demand(limit, wanted, limit.value(entry)) for limit, wanted in _limits(criteria)]
        missing = tuple(demand.limit.title for demand in demands if demand.value is None)
        if broken := [gap for demand in demands if (gap := demand.gap()) is not None]:
            misses.append(Miss(entry, tuple(gap.words for gap in broken), sum(gap.by for gap in broken)))
        elif missing:
            unknown.append(Unknown(entry, missing))
        else:
            fit.append(entry)
    ranked = sorted(fit, key=lambda entry: _rank(entry, criteria.prefer))
    chosen = tuple(Candidate(entry, tuple(_reasons(entry, ranked, criteria))) for entry in ranked)
    return Selection(criteria, chosen, tuple(sorted(misses, key=lambda miss: miss.by)), tuple(unknown))


def _limits(criteria: Criteria) -> Iterator[tuple[Limit, float]]:
    """The limits that are set."""
    for field in fields(criteria):
        wanted = getattr(criteria, field.name)
        if field.name in _BY_NAME and wanted is not None:
            yield _BY_NAME[field.name], wanted


def describe(criteria: Criteria) -> str:
    """
    >>> describe(Criteria(params=5e6, top1=75))
    'at most 5.00 M parameters, at least 75.0 % top-1'
    """
    return ", ".join(_words(limit, wanted) for limit, wanted in _limits(criteria)) or "no limits"


def _words(limit: Limit, wanted: float) -> str:
    if limit.name == "year":
        return f"published in {limit.show(wanted)} or later"
    return f"at {'least' if limit.is_least else 'most'} {limit.show(wanted)} {limit.noun}"


class _Gap(NamedTuple):
    """By how much a limit is missed, relative to it, and in words."""

    by: float
    words: str


class _Demand(NamedTuple):
    """What one limit asks of one model."""

    limit: Limit
    wanted: float
    value: float | None

    def gap(self) -> _Gap | None:
        """``None`` where the limit is kept, or the figure is not known."""
        limit, wanted, value = self
        if value is None or not limit.breaks(value, wanted):
            return None
        gap = abs(value - wanted)
        if limit.name == "top1":  # of what is left to be wrong: from 75 to 76 is as far as from 50 to 52
            return _Gap(gap / max(100 - wanted, 1), f"top-1 {value:.1f} %: {gap:.1f} points too low")
        if limit.name == "year":
            return _Gap(gap / 10, f"published in {value}")
        many = "much" if limit.name == "memory" else "many"
        by = gap / wanted if wanted else float("inf")
        if wanted and by > _FAR:
            words = f"{human(round(value / wanted))} times as {many}"
        else:
            words = limit.show(gap) + (f" ({_share(by)})" if wanted else "") + f" too {many}"
        return _Gap(by, f"{limit.show(value)} {limit.noun}: {words}")


def _share(part: float) -> str:
    """
    >>> _share(0.0701)
    '7 %'
    """
    return f"{part:.0%}".replace("%", " %")


def _rank(entry: Entry, prefer: Preference) -> tuple[float, ...]:
    """To sort by: the figure that is preferred, then the others, so that equal ones have an order too."""
    order = (prefer, *(name for name in _RANKED if name != prefer))
    return tuple(_key(entry, name) for name in order)


def _key(entry: Entry, name: str) -> float:
    """The less, the better; what is not known is the worst."""
    limit = _BY_NAME[name]
    value = limit.value(entry)
    if value is None:
        return float("inf")
    return -value if limit.is_least else value


def _reasons(entry: Entry, ranked: list[Entry], criteria: Criteria) -> Iterator[str]:
    best = [_BY_NAME[name].praise for name in _RANKED if _is_best(entry, ranked, name)]
    if best and len(ranked) > 1:
        yield f"of these it has {_and(best)}"
    above = [other for other in ranked if _dominates(other, entry)]
    if above:
        yield f"{above[0].name} is at least as good in accuracy, parameters and MACs"
    elif entry.top1 is not None and len(ranked) > 1:
        yield "none of the others is as accurate with no more parameters and MACs"
    if criteria.top1 is not None and entry.top1 is not None and (gap := entry.top1 - criteria.top1) > 0.05:
        yield f"{gap:.1f} points more accurate than asked for"
    spare = [
        f"{limit.show(gap)} {limit.noun} ({_share(gap / wanted)})"
        for limit, wanted in _limits(criteria)
        if not limit.is_least and (value := limit.value(entry)) is not None and (gap := wanted - value) > 0
    ]
    if spare:
        yield f"{_and(spare)} to spare"


def _is_best(entry: Entry, ranked: list[Entry], name: str) -> bool:
    key = _key(entry, name)
    return key != float("inf") and key == min(_key(other, name) for other in ranked)


def _dominates(other: Entry, entry: Entry) -> bool:
    """Whether another is nowhere worse, in accuracy, parameters and MACs, and somewhere better."""
    ours, theirs = ([_key(x, name) for name in ("top1", "params", "macs")] for x in (entry, other))
    return entry.top1 is not None and theirs != ours and all(a <= b for a, b in zip(theirs, ours, strict=True))


def _and(parts: list[str]) -> str:
    """
    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
