"""Tables that ops compute with, in NumPy alone: positions, masks, constants computed by a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

HIDDEN = -1e9
"""What a causal mask adds to the logits that it hides; less in float16, which has no number so low."""
MASKED = -100.0
"""What tokens that do not belong together get on their logits, as in Swin's own code."""


def relative_positions(window: tuple[int, int]) -> np.ndarray[Any, Any]:
    """For each pair of tokens of a window, the index of the bias table's row for their difference in position.

    >>> relative_positions((1, 3))
    array([[2, 1, 0],
           [3, 2, 1],
           [4, 3, 2]])
    """
    h, w = window
    rows, columns = (axis.ravel() for axis in np.mgrid[:h, :w])
    down = rows[:, None] - rows[None, :] + h - 1
    right = columns[:, None] - columns[None, :] + w - 1
    index: np.ndarray[Any, Any] = down * (2 * w - 1) + right
    return index


def shifted_window_mask(map: tuple[int, int], window: tuple[int, int], shift: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Additive mask [windows, n, n] for a map that was rolled up and left by ``shift`` and then cut into windows.

    The last windows of such a map hold what came round from the opposite edge; only tokens from one side see each
    other. There are three bands along each dimension: before the last windows, and the two parts of those.

    >>> shifted_window_mask((1, 4), (1, 2), (0, 1))[1]
    array([[   0., -100.],
           [-100.,    0.]], dtype=float32)
    """
    (height, width), (h, w) = map, window
    bands = [np.digitize(np.arange(n), [n - size, n - step]) for n, size, step in zip(map, window, shift, strict=True)]
    regions = bands[0][:, None] * 3 + bands[1][None, :]
    cut = regions.reshape(height // h, h, width // w, w)
    tiles = cut.transpose(0, 2, 1, 3).reshape(-1, h * w)
    return np.where(tiles[:, :, None] == tiles[:, None, :], 0.0, MASKED).astype("float32")


def rotary_angles(places: Sequence[int], features: int, base: float) -> np.ndarray[Any, Any]:
    """The angle by which each of ``features / 2`` pairs is rotated at each position: [positions, pairs], the rows'
    pairs first.

    >>> rotary_angles([2, 2], 4, 100.0)
    array([[0., 0.],
           [0., 1.],
           [1., 0.],
           [1., 1.]])
    """
    pairs = features // 2 // len(places)
    speeds = float(base) ** -(np.arange(pairs) / pairs)
    grid = np.stack([axis.ravel() for axis in np.indices(places)], -1)
    angles: np.ndarray[Any, Any] = (grid[:, :, None] * speeds).reshape(prod(places), -1)
    return angles


def window_means(n: int, size: int) -> np.ndarray[Any, Any]:
    """A matrix with a row for each output: the weights of the ``n`` inputs in its mean."""
    weights = np.zeros((size, n), "float32")
    for i in range(size):
        start, end = i * n // size, -(-(i + 1) * n // size)
        weights[i, start:end] = 1 / (end - start)
    return weights


def _constant(values: float | Sequence[float], size: Sequence[int] | None) -> Array:
    if isinstance(values, int | float):
        return np.full(size or [1], values)
    return np.reshape(np.asarray(values), size or [len(values)])


def _ramp(count: int, start: float, step: float) -> Array:
    return start + step * np.arange(count)


def _paired(one: Array, other: Array, pairs: str) -> Array:
    """Interleaves the features of two arrays."""
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
