"""Regular rows of numbers as NumPy expressions."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

_FEW = 8
"""Numbers that are written one by one even if there is a rule."""
_PRECISION = 1e-12


def row(values: Sequence[float]) -> str | None:
    """An expression for an array of these numbers, or ``None`` if no rule is found.

    >>> row([1.0, 0.5] * 8), row([2.0**n for n in range(8)]), row([1, 3, 2] * 3)
    ('np.tile([1.0, 0.5], 8)', 'np.geomspace(1.0, 128.0, 8)', 'np.tile([1, 3, 2], 3)')
    """
    if len(values) < _FEW:
        return None
    return _regular(values) or _repeated(values) or _tiled(values)


def _regular(values: Sequence[float]) -> str | None:
    """An arithmetic or geometric progression."""
    first, last, steps = values[0], values[-1], len(values) - 1
    ends = f"({float(first)!r}, {float(last)!r}, {len(values)})"
    scale = max(abs(first), abs(last))
    if all(
        isclose(value, first + (last - first) * i / steps, rel_tol=0, abs_tol=_PRECISION * scale)
        for i, value in enumerate(values)
    ):
        return f"np.linspace{ends}"
    if first > 0 and last > 0:
        rate = (last / first) ** (1 / steps)
        if all(isclose(value, first * rate**i, rel_tol=1e3 * _PRECISION) for i, value in enumerate(values)):
            return f"np.geomspace{ends}"
    return None


def _repeated(values: Sequence[float]) -> str | None:
    """Each number repeated equally often."""
    times = next((i for i, value in enumerate(values) if value != values[0]), len(values))
    fits = times > 1 and len(values) % times == 0
    if not fits or any(len({*values[i : i + times]}) > 1 for i in range(0, len(values), times)):
        return None
    return f"np.repeat({_inner(values[::times])}, {times})"


def _tiled(values: Sequence[float]) -> str | None:
    """A row repeated."""
    for period in range(2, len(values) // 2 + 1):
        if len(values) % period == 0 and all(value == values[i % period] for i, value in enumerate(values)):
            return f"np.tile({_inner(values[:period])}, {len(values) // period})"
    return None


def _inner(values: Sequence[float]) -> str:
    return row(values) or f"[{', '.join(map(repr, values))}]"
