"""Compact descriptions of changed argument values, and of what several calls have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeGuard

from archdsl.ops.call import SHORT, Call, Value, text, words
from archdsl.ops.pattern import common

_LISTED: Final = 6
"""Elements of a list that are shown one by one,"""
_WHOLE: Final = 24
"""and where the ends of two lists do not tell them apart."""


def short(value: Value) -> str:
    """A value with rounded fractions."""
    return text(value, SHORT)


def values(changes: Sequence[tuple[Value, Value]]) -> str:
    """Several changes of one value, compactly; as a factor if one explains them all.

    >>> values([(1, 2), (1, 2)]), values([(64, 128), (128, 256)])
    ('1 → 2', '×2 (64 → 128, 128 → 256)')
    """
    distinct = [*dict.fromkeys(changes)]
    listed = distinct if len(distinct) < 4 else [*distinct[:2], distinct[-1]]
    shown = [" → ".join(_brief(old, new)) for old, new in listed]
    if len(distinct) > 3:
        shown.insert(2, "…")
    said = ", ".join(shown)
    factor = _factor(distinct) if len(distinct) > 1 else None
    return f"×{factor:.3g} ({said})" if factor is not None else said


def _brief(old: Value, new: Value) -> tuple[str, str]:
    """Both values with long lists reduced to ends and lengths, if these differ, or to the differing elements.

    >>> _brief((1, 2, 3, 4, 5, 6, 7), (1, 2, 9, 4, 5, 6, 8)), _brief((0,) * 99, (0, 1, *[0] * 97))
    (('[1, …, 7] (7)', '[1, …, 8] (7)'), ('[…, 0, …] (99)', '[…, 1, …] (99)'))
    """
    brief = _ends(old), _ends(new)
    if brief[0] != brief[1] or not isinstance(old, tuple) or not isinstance(new, tuple):
        return brief
    if len(old) <= _WHOLE:
        return short(old), short(new)
    a, b = next((pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]), (old[0], new[0]))
    return f"[…, {short(a)}, …] ({len(old)})", f"[…, {short(b)}, …] ({len(new)})"


def _ends(value: Value) -> str:
    if isinstance(value, tuple) and len(value) > _LISTED:
        return f"[{short(value[0])}, …, {short(value[-1])}] ({len(value)})"
    return short(value)


def in_common(calls: Sequence[Call]) -> str:
    """Calls of one op or block as one, with the arguments that all share; ``…`` stands for the others.

    >>> from archdsl.ops.call import Argument
    >>> wide = [Argument("filters", width, bare=True) for width in (64, 128)]
    >>> in_common([Call("conv", (filters, Argument("k", 3))) for filters in wide]), in_common([Call("relu")] * 2)
    ('conv(…, k=3)', 'relu')
    """
    return short(common(calls, lambda _: None, words("…")))


def _factor(changes: Sequence[tuple[Value, Value]]) -> float | None:
    """The factor between all pairs of numbers, if they have one in common."""
    factors = set()
    for old, new in changes:
        if not _is_number(old) or not _is_number(new) or not old:
            return None
        factors.add(new / old)
    return factors.pop() if len(factors) == 1 else None


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
