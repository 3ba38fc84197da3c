"""Constants that rules compute when a model is built, so that no number of them is listed in a spec or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from archdsl.backends.keras.layers.positions import HIDDEN, rotary_angles

Array = np.ndarray[Any, Any]


def _constant(values: float | Sequence[float], size: Sequence[int] | None) -> Array:
    if isinstance(values, int | float):
        return np.full(size or [1], values)
    return np.reshape(np.asarray(values), size or [len(values)])


def _ramp(count: int, start: float, step: float) -> Array:
    return start + step * np.arange(count)


def _paired(one: Array, other: Array, pairs: str) -> Array:
    """Features of which one of each pair is from the first array, and one from the second."""
    if pairs == "halves":
        return np.concatenate([one, other], -1)
    return np.stack([one, other], -1).reshape(*one.shape[:-1], -1)


def _sinusoid(places: int, features: int, base: float, pairs: str) -> Array:
    angles = rotary_angles([places], features, base)
    return _paired(np.sin(angles), np.cos(angles), pairs)


def _rotary(places: Sequence[int], features: int, base: float, pairs: str) -> Array:
    angles = rotary_angles(places, features, base)
    return _paired(angles, angles, pairs)


def _causal_mask(count: int) -> Array:
    return np.triu(np.full((count, count), HIDDEN), 1)


_RULES: Final[Mapping[str, Callable[..., Array]]] = {
    "constant": _constant,
    "ramp": _ramp,
    "sinusoid": _sinusoid,
    "rotary": _rotary,
    "causal_mask": _causal_mask,
}


def computed(rule: str, arguments: Mapping[str, Any]) -> Array:
    """The numbers of a rule, by the name of its op and its arguments.

    >>> computed("ramp", {"count": 3, "start": 1.0, "step": 0.5}).tolist()
    [1.0, 1.5, 2.0]
    """
    return _RULES[rule](**arguments)
