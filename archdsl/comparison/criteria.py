"""Criteria of a task: bounds on quantities, and the quantity that models are ranked by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archdsl.comparison.entry import Entry
from archdsl.comparison.quantities import QUANTITIES, Quantity
from archdsl.summary.figures import human

_FAR: Final = 10
"""The ratio to a limit above which percentages are not helpful."""


@dataclass(frozen=True, init=False)
class Criteria:
    """Bounds by the names of ``QUANTITIES``; two of one quantity make a range."""

    at_most: Mapping[str, float]
    at_least: Mapping[str, float]
    prefer: str
    """The figure by which those that meet all of it are ranked."""

    def __init__(
        self,
        *,
        prefer: str = "top1",
        at_most: Mapping[str, float] | None = None,
        at_least: Mapping[str, float] | None = None,
        **limits: float | None,
    ) -> None:
        """A quantity given by its name is bounded on its worse side; ``None`` is no limit.

        >>> Criteria(params=5e6, top1=75, year=2020).at_least
        {'top1': 75, 'year': 2020}

        Raises:
            TypeError: there is no such quantity, or models are not ranked by it.
        """
        most, least = dict(at_most or {}), dict(at_least or {})
        for name, value in limits.items():
            if value is not None:
                is_least = _quantity(name).better == "more" or _quantity(name).is_date
                (least if is_least else most)[name] = value
        for name in (*most, *least):
            _quantity(name)
        if _quantity(prefer).better is None:
            raise TypeError(f"models are not ranked by {prefer}")
        object.__setattr__(self, "at_most", most)
        object.__setattr__(self, "at_least", least)
        object.__setattr__(self, "prefer", prefer)

    @property
    def limits(self) -> Iterator[Limit]:
        """The limits that are set, in the order of ``QUANTITIES``."""
        for name, quantity in QUANTITIES.items():
            if name in self.at_most:
                yield Limit(quantity, False, self.at_most[name])
            if name in self.at_least:
                yield Limit(quantity, True, self.at_least[name])

    def plain(self) -> dict[str, Any]:
        """The criteria for JSON: a quantity has its bound on the worse side, ``min_…`` or ``max_…`` the other one."""
        members: dict[str, Any] = {}
        for name, quantity in QUANTITIES.items():
            usual, other, prefix = self.at_most, self.at_least, "min"
            if quantity.better == "more" or quantity.is_date:
                usual, other, prefix = self.at_least, self.at_most, "max"
            members[name] = usual.get(name)
            if name in other:
                members[f"{prefix}_{name}"] = other[name]
        return members | {"prefer": self.prefer}


def _quantity(name: str) -> Quantity:
    if name not in QUANTITIES:
        raise TypeError(f"no quantity is called {name}: they are {', '.join(QUANTITIES)}")
    return QUANTITIES[name]


class Gap(NamedTuple):
    """The relative violation of a limit, and its description."""

    by: float
    words: str


class Limit(NamedTuple):
    """One bound on one quantity."""

    quantity: Quantity
    is_least: bool
    """Whether it is a lower bound."""
    wanted: float

    def value(self, entry: Entry) -> float | None:
        return self.quantity.of(entry)

    def gap(self, entry: Entry) -> Gap | None:
        """The violation; ``None`` if the limit holds, or the figure is not known."""
        quantity, wanted, value = self.quantity, self.wanted, self.quantity.of(entry)
        if value is None or not (value < wanted if self.is_least else value > wanted):
            return None
        gap = abs(value - wanted)
        if quantity.is_percent:  # of what is left to be wrong: from 75 to 76 is as far as from 50 to 52
            which = "low" if self.is_least else "high"
            by = gap / max(100 - wanted, 1)
            return Gap(by, f"{quantity.words} {quantity.show(value)}: {gap:.1f} points too {which}")
        if quantity.is_date:
            return Gap(gap / 10, f"published in {quantity.show(value)}")
        by = gap / wanted if wanted else float("inf")
        lack = quantity.much if not self.is_least else {"many": "few", "much": "little"}[quantity.much]
        if wanted and by > _FAR:
            words = f"{human(round(value / wanted))} times as {quantity.much}"
        else:
            words = quantity.show(gap) + (f" ({share(by)})" if wanted else "") + f" too {lack}"
        return Gap(by, f"{quantity.show(value)} {quantity.noun}: {words}")

    def __str__(self) -> str:
        """
        >>> [str(limit) for limit in Criteria(params=5e6, year=2020, at_least={"depth": 20}).limits]
        ['at most 5.00 M parameters', 'at least 20 layers of depth', 'published in 2020 or later']
        """
        quantity, shown = self.quantity, self.quantity.show(self.wanted)
        if quantity.is_date:
            return f"published in {shown} or {'later' if self.is_least else 'earlier'}"
        return f"at {'least' if self.is_least else 'most'} {shown} {quantity.noun}"


def share(part: float) -> str:
    """
    >>> share(0.0701)
    '7 %'
    """
    return f"{part:.0%}".replace("%", " %")
