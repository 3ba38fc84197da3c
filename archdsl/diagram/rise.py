"""Models with descending and ascending limbs, such as a U-Net: where the ascent begins.

A figure of one has two limbs side by side. The tensors that the way up takes from the way down cross at one level each,
so that a reader sees which sizes meet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Final

from archdsl.diagram.outline import Outline
from archdsl.graph.dims import Dim, Shape

_LEVELS: Final = 2
"""How many levels make two limbs."""
_BOTTOMS: Final = 8
"""How many places are tried as the bottom."""


def rise(outline: Outline) -> int | None:
    """The first of the model's items on the ascending limb, which extends to the end; ``None`` if there is none.

    At the bottom, tensors of at least two levels lead past the item there, each to an item before that of the level
    above it, and each level has a smaller map than the one above.
    """
    top = outline.items[0].children
    skips: dict[int, tuple[int, Shape]] = {}
    nearest = [-1] * len(top)
    """Of each item, the last one that it takes something from."""
    outputs: dict[int, Shape] = {}
    for flow in outline.flows:
        if flow.tail is None:
            continue
        tail, head = bisect_right(top, flow.tail) - 1, bisect_right(top, flow.head) - 1
        if head - tail > 1:
            skips.setdefault(tail, (head, flow.shape))
        if head > tail:
            outputs[tail] = flow.shape
            nearest[head] = max(nearest[head], tail)
    for bottom in _bottoms(skips, len(top)):
        levels = [
            skips[tail]
            for tail in sorted(skips)
            if tail < bottom < skips[tail][0] and _is_smaller(outputs.get(bottom, ()), skips[tail][1])
        ]
        joins = len(levels) >= _LEVELS and nearest[levels[-1][0]] >= bottom
        if joins and all(_is_above(*both) and nearest[both[0][0]] >= both[1][0] for both in pairwise(levels)):
            return top[levels[-1][0]]
    return None


def _bottoms(skips: Mapping[int, tuple[int, Shape]], places: int) -> list[int]:
    """The places that the most skips span: the first of each run of them."""
    steps = [0] * (places + 1)
    for tail, (head, _) in skips.items():
        steps[tail + 1] += 1
        steps[head] -= 1
    past = [*accumulate(steps)]
    most = max(past)
    found = [place for place, number in enumerate(past) if number == most > past[place - 1]]
    return found[:_BOTTOMS]


def _is_above(level: tuple[int, Shape], lower: tuple[int, Shape]) -> bool:
    return level[0] > lower[0] and _is_smaller(lower[1], level[1])


def _is_smaller(map_: Shape, other: Shape) -> bool:
    """Whether a map is smaller along each of its axes."""
    axes = zip(other[:-1], map_[:-1], strict=False)
    return len(map_) == len(other) > 1 and all(_is_more(one, another) for one, another in axes)


def _is_more(size: Dim, other: Dim) -> bool:
    """Whether one size is larger; for run-time sizes, whether they differ."""
    return size > other if isinstance(size, int) and isinstance(other, int) else size != other
