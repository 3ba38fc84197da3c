"""Arguments in their shortest readable form."""

from __future__ import annotations

from math import sqrt
from typing import Final

_SHORT: Final = 8
"""The length of a number up to which a fraction would not be shorter."""


def shortest(pairs: tuple[tuple[int, int], ...]) -> int | tuple[int | tuple[int, int], ...]:
    """Padding in its shortest form: ``3`` for three at each end."""
    listed = tuple(before if before == after else (before, after) for before, after in pairs)
    first = listed[0]
    return first if isinstance(first, int) and len(set(listed)) == 1 else listed


def fraction(value: float) -> str:
    """A number as the power or the part of a whole that makes exactly it, where that is shorter; else empty.

    >>> fraction(1 / 255), fraction(58.395**2), fraction(0.25)
    ('1 / 255.0', '58.395 ** 2', '')
    """
    if len(repr(value)) <= _SHORT or value <= 0:
        return ""
    whole = round(1 / value, 3)
    if whole > 1 and 1 / whole == value:
        return f"1 / {whole}"
    root = round(sqrt(value), 4)
    return f"{root} ** 2" if root**2 == value else ""
