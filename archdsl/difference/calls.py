"""What changed between two calls of a block, and what several have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archdsl.graph.calls import arguments, elements, short

_LISTED: Final = 6
"""Elements of a list that are shown one by one,"""
_WHOLE: Final = 24
"""and where the ends of two lists do not tell them apart."""


def values(changes: Sequence[tuple[str, str]]) -> str:
    """Several changes of one value in a few words; a factor where one explains them all.

    >>> values([("1", "2"), ("1", "2")]), values([("64", "128"), ("128", "256")])
    ('1 → 2', '×2 (64 → 128, 128 → 256)')
    """
    distinct = [*dict.fromkeys(changes)]
    listed = distinct if len(distinct) < 4 else [*distinct[:2], distinct[-1]]
    shown = [" → ".join(_brief(short(old), short(new))) for old, new in listed]
    if len(distinct) > 3:
        shown.insert(2, "…")
    text = ", ".join(shown)
    factor = _factor(distinct) if len(distinct) > 1 else None
    return f"×{factor:.3g} ({text})" if factor is not None else text


def _brief(old: str, new: str) -> tuple[str, str]:
    """Both with only the ends and the lengths of long lists, if that tells them apart; of very long ones, what differs.

    >>> _brief("[1, 2, 3, 4, 5, 6, 7]", "[1, 2, 9, 4, 5, 6, 8]"), _brief(str([0] * 99), str([0, 1, *[0] * 97]))
    (('[1, …, 7] (7)', '[1, …, 8] (7)'), ('[…, 0, …] (99)', '[…, 1, …] (99)'))
    """
    brief = _ends(old), _ends(new)
    before, after = elements(old), elements(new)
    if brief[0] != brief[1]:
        return brief
    if len(before) <= _WHOLE:
        return old, new
    a, b = next((pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]), (before[0], after[0]))
    return f"[…, {a}, …] ({len(before)})", f"[…, {b}, …] ({len(after)})"


def _ends(text: str) -> str:
    items = elements(text)
    return f"[{items[0]}, …, {items[-1]}] ({len(items)})" if len(items) > _LISTED else text


def common(calls: Sequence[str]) -> str:
    """Calls of one op or block as one, with the arguments that all have; ``…`` stands for the others.

    >>> common(["conv(64, k=3)", "conv(128, k=3, stride=2)"]), common(["relu", "relu"])
    ('conv(…, k=3)', 'relu')
    """
    distinct = [*dict.fromkeys(calls)]
    if len(distinct) == 1:
        return short(distinct[0])
    first, *others = [arguments(call) for call in distinct]
    shared = [(name, value) for name, value in first.items() if all(other.get(name) == value for other in others)]
    words = [short(value) if name.isdecimal() else f"{name}={short(value)}" for name, value in shared]
    if words and not shared[0][0].isdecimal():
        words.insert(0, "…")
    else:
        words.append("…")
    return f"{distinct[0].partition('(')[0]}({', '.join(words)})"


def _factor(changes: Sequence[tuple[str, str]]) -> float | None:
    try:
        factors = {float(new) / float(old) for old, new in changes}
    except (ValueError, ZeroDivisionError):
        return None
    return factors.pop() if len(factors) == 1 else None
