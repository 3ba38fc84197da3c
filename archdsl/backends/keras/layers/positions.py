"""Where the tokens of an attention stand: relative positions, masks of shifted windows, rotary angles."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from keras import ops

HIDDEN = -1e9
"""What a causal mask adds to the logits that it hides; less in float16, which has no number so low."""
MASKED = -100.0
"""What tokens that do not belong together get on their logits, as in Swin's own code."""


def relative_positions(window: tuple[int, int]) -> np.ndarray[Any, Any]:
    """For each pair of tokens of a window, the row of the bias table: one for each difference of places.

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
    tiles = regions.reshape(height // h, h, width // w, w).transpose(0, 2, 1, 3).reshape(-1, h * w)
    return np.where(tiles[:, :, None] == tiles[:, None, :], 0.0, MASKED).astype("float32")


def rotary_angles(places: Sequence[int], features: int, base: float) -> np.ndarray[Any, Any]:
    """By how much each of ``features / 2`` pairs turns at each place: [places, pairs], the rows' pairs first.

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


def turned(x: Any, angles: np.ndarray[Any, Any], interleaved: bool) -> Any:
    """``[…, n, heads, features]`` with each pair of features turned by its angle; tokens before the places stay."""
    leading = x.shape[-3] - len(angles)
    angles = np.concatenate([np.zeros((leading, angles.shape[1])), angles])
    shape = (*x.shape[-3:-1], x.shape[-1] // 2, 2) if interleaved else (*x.shape[-3:-1], 2, x.shape[-1] // 2)
    axis = len(x.shape) if interleaved else len(x.shape) - 1
    outer = tuple(-1 if n is None else n for n in x.shape[1:-3])
    outer = outer if outer.count(-1) < 2 else tuple(ops.shape(x)[1:-3])
    batch = ops.shape(x)[0]
    pairs = ops.reshape(x, (batch, *outer, *shape))
    a, b = (ops.take(pairs, index, axis=axis) for index in (0, 1))
    cos, sin = (ops.convert_to_tensor(f(angles)[:, None].astype("float32")) for f in (np.cos, np.sin))
    cos, sin = ops.cast(cos, x.dtype), ops.cast(sin, x.dtype)
    first = ops.subtract(ops.multiply(a, cos), ops.multiply(b, sin))
    second = ops.subtract(ops.multiply(b, cos), ops.negative(ops.multiply(a, sin)))
    return ops.reshape(ops.stack([first, second], axis=axis), ops.shape(x))
