"""Arguments in the form in which one would write them."""

from __future__ import annotations


def shortest(pairs: tuple[tuple[int, int], ...]) -> int | tuple[int | tuple[int, int], ...]:
    """Padding as one would write it: ``3`` for three at each end."""
    listed = tuple(before if before == after else (before, after) for before, after in pairs)
    first = listed[0]
    return first if isinstance(first, int) and len(set(listed)) == 1 else listed
