"""Receptive fields along one axis: the range that an output depends on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Final, Literal, NamedTuple, TypeAlias

_LONGEST_PERIOD: Final = 1024
"""Places after which the pattern of a ``Reach`` must repeat; a longer one is not followed up."""


class Reach(NamedTuple):
    """The range of an axis that each output depends on; the pattern repeats after ``period`` positions.

    Output ``q * period + m`` looks at inputs ``q * advance + first[m]`` to ``q * advance + last[m]``. A convolution
    has one pattern; after an enlargement, or in windows, neighbours look at different ranges, and so there are several.

    >>> Reach.window(3, stride=2, before=1)
    Reach(advance=2, first=(-1,), last=(1,))
    """

    advance: int
    first: tuple[int, ...]
    last: tuple[int, ...]

    @classmethod
    def window(cls, extent: int, *, stride: int = 1, before: int = 0) -> Reach:
        """A window of size ``extent`` with a stride, which begins ``before`` the first position."""
        return cls(stride, (-before,), (extent - 1 - before,))

    @property
    def period(self) -> int:
        return len(self.first)

    @property
    def extent(self) -> int:
        """The size of the range; the largest, where outputs differ."""
        return max(last - first for first, last in zip(self.first, self.last, strict=True)) + 1

    @property
    def stride(self) -> Fraction:
        """The distance of two neighbours; below 1 where the axis was enlarged."""
        return Fraction(self.advance, self.period)

    def begin(self, place: int) -> int:
        """The first position that an output depends on."""
        turn, rest = divmod(place, self.period)
        return turn * self.advance + self.first[rest]

    def end(self, place: int) -> int:
        """The last position that an output depends on."""
        turn, rest = divmod(place, self.period)
        return turn * self.advance + self.last[rest]


Sight: TypeAlias = Reach | Literal["whole", "unknown"]
"""The range of an axis that an output depends on: a ``Reach``, all of it, or unknown without building the model."""

WHOLE: Final[Literal["whole"]] = "whole"
UNKNOWN: Final[Literal["unknown"]] = "unknown"
SAME: Final = Reach(1, (0,), (0,))
"""Every output sees the place where it stands."""


class Part(NamedTuple):
    """The part of an axis of the model's input that an axis of a tensor represents.

    ``block`` is 0 for all its places, a size for the places inside blocks of it, and -1 for the number of the block.
    """

    axis: int
    block: int = 0


Layout: TypeAlias = tuple[frozenset[Part], ...]
"""For each axis of a tensor, which places of the input its own stand for: none for channels, two for tokens."""


def cells(size: int) -> Sight:
    """Blocks whose positions depend on all of the block, such as the windows of attention: 0 to 6 all see 0 to 6.

    >>> cells(2)
    Reach(advance=2, first=(0, 0), last=(1, 1))
    """
    return Reach(size, (0,) * size, (size - 1,) * size) if size <= _LONGEST_PERIOD else UNKNOWN


def resampled(inputs: int, outputs: int, first: int, last: int) -> Sight:
    """The reach of ``outputs`` positions for ``inputs``: ``i`` sees from ``(i * inputs + first) // outputs`` to
    ``last``.

    >>> resampled(1, 2, 0, 0)  # every place twice
    Reach(advance=1, first=(0, 0), last=(0, 0))
    """
    period = outputs // gcd(inputs, outputs)
    if period > _LONGEST_PERIOD:
        return UNKNOWN
    places = [i * inputs for i in range(period)]
    return Reach(
        inputs // gcd(inputs, outputs),
        tuple((place + first) // outputs for place in places),
        tuple((place + last) // outputs for place in places),
    )


def then(before: Sight, after: Sight) -> Sight:
    """The composition of two reaches: ``after`` is applied to the outputs of ``before``.

    With a single pattern each, this is the recurrence of Araujo, Norris & Sim 2019 (doi:10.23915/distill.00021): the
    extent grows by ``(k - 1)`` times the stride so far, and strides multiply.

    >>> seen = then(Reach.window(7, stride=2, before=3), Reach.window(3, stride=2, before=1))
    >>> seen.extent, seen.stride
    (11, Fraction(4, 1))
    """
    if after == SAME:
        return before
    if before == WHOLE or after == WHOLE:
        return WHOLE
    if isinstance(before, str) or isinstance(after, str):
        return UNKNOWN
    # After so many outputs of `after`, whole periods of `before` have gone by.
    times = before.period // gcd(before.period, after.advance)
    period = after.period * times
    if period > _LONGEST_PERIOD:
        return UNKNOWN
    return Reach(
        after.advance * times // before.period * before.advance,
        tuple(before.begin(after.begin(place)) for place in range(period)),
        tuple(before.end(after.end(place)) for place in range(period)),
    )


def union(sights: Sequence[Sight]) -> Sight:
    """The union of the reaches of several paths. Different strides diverge, so that no single range describes them.

    >>> union([Reach.window(3, before=1), Reach.window(5, before=2)]).extent
    5
    """
    if len(set(sights)) == 1:
        return sights[0]
    if WHOLE in sights:
        return WHOLE
    ranges = [sight for sight in sights if isinstance(sight, Reach)]
    if len(ranges) < len(sights) or len({reach.stride for reach in ranges}) > 1:
        return UNKNOWN
    period = lcm(*(reach.period for reach in ranges))
    if period > _LONGEST_PERIOD:
        return UNKNOWN
    return Reach(
        ranges[0].advance * period // ranges[0].period,
        tuple(min(reach.begin(place) for reach in ranges) for place in range(period)),
        tuple(max(reach.end(place) for reach in ranges) for place in range(period)),
    )


def merged(layout: Layout) -> frozenset[Part]:
    """The parts that one axis represents after several axes were merged into it."""
    return frozenset[Part]().union(*layout)
