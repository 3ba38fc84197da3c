"""Sequence alignment in near-linear time: which items of two sequences correspond."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_CELLS: Final = 250_000
"""Pairs that one comparison weighs at most. Longer sequences are compared near their diagonal only, held together by
equal ends and by items that occur once."""


def align(
    ours: Sequence[T], theirs: Sequence[T], score: Callable[[T, T], float], key: Callable[[T], Hashable]
) -> list[tuple[int, int]]:
    """Increasing pairs of positions with the greatest sum of scores. Items with a score of 0 are not paired.

    ``key`` is equal for items that are taken for the same wherever they can be: both ends of the sequences are cut off
    as long as it is, and items whose key occurs once on both sides hold long sequences together.

    >>> align("abcd", "xabd", lambda a, b: float(a == b), str)
    [(0, 1), (1, 2), (3, 3)]
    """
    start, end = 0, 0
    shorter = min(len(ours), len(theirs))
    our_keys, their_keys = [key(item) for item in ours], [key(item) for item in theirs]
    while start < shorter and our_keys[start] == their_keys[start]:
        start += 1
    while end < shorter - start and our_keys[-1 - end] == their_keys[-1 - end]:
        end += 1
    pairs = [(i, i) for i in range(start)]
    here = (start, start)
    last = (len(ours) - end, len(theirs) - end)
    anchors: Iterator[tuple[int, int]] = iter(())
    if (last[0] - start) * (last[1] - start) > _CELLS:
        anchors = _anchors(our_keys, their_keys, here, last)
    for i, j in (*anchors, last):
        part = _weigh(ours[here[0] : i], theirs[here[1] : j], score)
        pairs += [(here[0] + p, here[1] + q) for p, q in part]
        if (i, j) != last:
            pairs.append((i, j))
            here = (i + 1, j + 1)
    pairs += [(last[0] + n, last[1] + n) for n in range(end)]
    return pairs


def _anchors(
    ours: Sequence[Hashable], theirs: Sequence[Hashable], start: tuple[int, int], end: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """The longest increasing subsequence of pairs with keys unique on both sides, as in patience diff."""
    mine, yours = ours[start[0] : end[0]], theirs[start[1] : end[1]]
    once = {item for item, n in Counter(mine).items() if n == 1} & {
        item for item, n in Counter(yours).items() if n == 1
    }
    there = {item: position for position, item in enumerate(yours, start[1]) if item in once}
    piles: list[int] = []
    tops: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for position, item in enumerate(mine, start[0]):
        if item not in once:
            continue
        pair = (position, there[item])
        pile = bisect_left(piles, pair[1])
        before[pair] = tops[pile - 1] if pile else None
        piles[pile : pile + 1] = [pair[1]]
        tops[pile : pile + 1] = [pair]
    run: list[tuple[int, int]] = []
    last = tops[-1] if tops else None
    while last is not None:
        run.append(last)
        last = before[last]
    return reversed(run)


def _weigh(ours: Sequence[T], theirs: Sequence[T], score: Callable[[T, T], float]) -> list[tuple[int, int]]:
    """Needleman and Wunsch's alignment (1970) with free gaps, in a band if the whole matrix is too large.

    ``best`` has for each column from ``low`` on the greatest sum of what comes before it, in the rows so far.
    """
    rows, columns = len(ours), len(theirs)
    if not rows or not columns:
        return []
    band = columns if rows * columns <= _CELLS else max(16, _CELLS // rows)
    ways: list[tuple[int, bytearray]] = []
    low, best = 0, [0.0] * (min(columns, band) + 1)
    for row, item in enumerate(ours):
        middle = row * columns // rows
        start, end = max(low, middle - band), min(columns, middle + band)
        above = best[start - low :]
        above += [above[-1]] * (end + 1 - start - len(above))
        low, best = start, [above[0]]
        way = bytearray(end - start)
        for offset in range(end - start):
            worth = score(item, theirs[start + offset])
            value, step = best[offset], _LEFT
            if above[offset + 1] > value:
                value, step = above[offset + 1], _UP
            if worth > 0 and above[offset] + worth > value:  # of equals no pair here: there is one further ahead
                value, step = above[offset] + worth, _PAIR
            best.append(value)
            way[offset] = step
        ways.append((low, way))
    pairs: list[tuple[int, int]] = []
    row, column = rows - 1, columns - 1
    while row >= 0 and column >= 0:
        low, way = ways[row]
        step = _UP if column < low else _LEFT if column >= low + len(way) else way[column - low]
        if step == _PAIR:
            pairs.append((row, column))
        row -= step != _LEFT
        column -= step != _UP
    return pairs[::-1]


_LEFT, _UP, _PAIR = 0, 1, 2
