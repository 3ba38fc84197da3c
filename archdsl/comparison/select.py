"""Choosing a model: which of many meet the limits that a task sets, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
    least: bool
    """Whether it is a lower bound."""
    figure: Callable[[Entry], Dim | float | None]
    show: Callable[[float], str]
    noun: str


def _count(value: float) -> str:
    return human(round(value))


def _percent(value: float) -> str:
    return f"{value:.1f} %"


LIMITS: Final = (
    Limit("params", False, lambda e: e.params, _count, "parameters"),
    Limit("macs", False, lambda e: e.macs, _count, "MACs"),
    Limit("memory", False, lambda e: e.memory, lambda v: in_bytes(round(v)), "of activations"),
    Limit("top1", True, lambda e: e.top1, _percent, "top-1"),
    Limit("year", True, lambda e: e.year, lambda v: str(round(v)), "the year"),
)
_BY_NAME: Final = {limit.name: limit for limit in LIMITS}
RANKED: Final[tuple[Preference, ...]] = ("top1", "params", "macs", "memory")


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
        broken = [
            (limit, wanted, value) for limit, wanted, value in _asked(criteria, entry) if _breaks(limit, wanted, value)
        ]
        missing = [limit.noun for limit, _, value in _asked(criteria, entry) if not isinstance(value, int | float)]
        if broken:
            by = sum(_distance(*parts) for parts in broken)
            misses.append(Miss(entry, tuple(_shortfall(*parts) for parts in broken), by))
        elif missing:
            unknown.append(Unknown(entry, tuple(missing)))
        else:
            fit.append(entry)
    ranked = sorted(fit, key=lambda entry: _rank(entry, criteria.prefer))
    chosen = tuple(Candidate(entry, tuple(_reasons(entry, ranked, criteria))) for entry in ranked)
    return Selection(criteria, chosen, tuple(sorted(misses, key=lambda miss: miss.by)), tuple(unknown))


def asked(criteria: Criteria) -> Mapping[str, float]:
    """The limits that are set, by their names."""
    values = {field.name: getattr(criteria, field.name) for field in fields(criteria) if field.name in _BY_NAME}
    return {name: value for name, value in values.items() if value is not None}


def describe(criteria: Criteria) -> str:
    """
    >>> describe(Criteria(params=5e6, top1=75))
    'at most 5.00 M parameters, at least 75.0 % top-1'
    """
    limits = [(_BY_NAME[name], value) for name, value in asked(criteria).items()]
    return ", ".join(_words(limit, value) for limit, value in limits) or "no limits"


def _words(limit: Limit, value: float) -> str:
    if limit.name == "year":
        return f"published {limit.show(value)} or later"
    return f"at {'least' if limit.least else 'most'} {limit.show(value)} {limit.noun}"


def _asked(criteria: Criteria, entry: Entry) -> Iterator[tuple[Limit, float, Dim | float | None]]:
    for name, wanted in asked(criteria).items():
        yield _BY_NAME[name], wanted, _BY_NAME[name].figure(entry)


def _breaks(limit: Limit, wanted: float, value: Dim | float | None) -> bool:
    if not isinstance(value, int | float):
        return False
    return value < wanted if limit.least else value > wanted


def _distance(limit: Limit, wanted: float, value: Dim | float | None) -> float:
    assert isinstance(value, int | float)
    if limit.name == "top1":  # of what is left to be wrong: from 75 to 76 is as far as from 50 to 52
        return (wanted - value) / max(100 - wanted, 1)
    if limit.name == "year":
        return (wanted - value) / 10
    return value / wanted - 1 if wanted else float("inf")


def _shortfall(limit: Limit, wanted: float, value: Dim | float | None) -> str:
    assert isinstance(value, int | float)
    gap = abs(value - wanted)
    if limit.name == "top1":
        return f"top-1 {value:.1f} %: {gap:.1f} points too low"
    if limit.name == "year":
        return f"published in {value}"
    share = f" ({gap / wanted:.0%})".replace("%", " %") if wanted else ""
    many = "much" if limit.name == "memory" else "many"
    return f"{limit.show(value)} {limit.noun}: {limit.show(gap)}{share} too {many}"


def _rank(entry: Entry, prefer: Preference) -> tuple[float, ...]:
    """To sort by: the figure that is preferred, then the others, so that equal ones have an order too."""
    order = (prefer, *(name for name in RANKED if name != prefer))
    return tuple(_key(entry, name) for name in order)


def _key(entry: Entry, name: str) -> float:
    limit = _BY_NAME[name]
    value = limit.figure(entry)
    if not isinstance(value, int | float):
        return float("inf")
    return -value if limit.least else value


def _reasons(entry: Entry, ranked: list[Entry], criteria: Criteria) -> Iterator[str]:
    best = [_PRAISE[name] for name in RANKED if _is_best(entry, ranked, name)]
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
        f"{limit.show(gap)} {limit.noun} ({gap / wanted:.0%})".replace("%)", " %)")
        for limit, wanted, value in _asked(criteria, entry)
        if isinstance(value, int | float) and not limit.least and (gap := wanted - value) > 0
    ]
    if spare:
        yield f"{_and(spare)} to spare"


_PRAISE: Final = {
    "top1": "the best top-1",
    "params": "the fewest parameters",
    "macs": "the fewest MACs",
    "memory": "the smallest activations",
}


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
