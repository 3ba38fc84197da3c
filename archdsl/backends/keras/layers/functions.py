"""Tensor functions without a Keras layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from archdsl.backends.tables import window_means


def reflect_pad(x: Any, pad: Sequence[tuple[int, int]]) -> Any:
    """``x`` mirrored at its ends. ``ops.pad`` cannot do this for rank-3 maps on the torch backend."""
    for axis, (before, after) in enumerate(pad):
        parts = [x]
        if before:
            parts.insert(
                0, ops.flip(x[(*[slice(None)] * axis, slice(1, before + 1))], axis)
            )
        if after:
            parts.append(
                ops.flip(x[(*[slice(None)] * axis, slice(-after - 1, -1))], axis)
            )
        x = ops.concatenate(parts, axis) if len(parts) > 1 else x
    return x


def local_response_norm(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    """``x / (k + alpha * sum of squares of size channels) ** beta``."""
    channels = x.shape[-1]
    before, after = (min(side, channels - 1) for side in (size // 2, (size - 1) // 2))
    squares = ops.pad(ops.square(x), [(0, 0)] * (len(x.shape) - 1) + [(before, after)])
    # The windows overlap, so all the sums are differences of running sums; but those
    # lose digits in float16, and windows are short: add up shifted copies.
    total = squares[..., :channels]
    for i in range(1, before + after + 1):
        total = ops.add(total, squares[..., i : i + channels])
    return ops.divide(x, ops.power(ops.add(ops.multiply(total, alpha), k), beta))


def average_inside(
    x: Any, size: Sequence[int], strides: Sequence[int], pads: Sequence[tuple[int, int]]
) -> Any:
    """Means of windows, excluding padding; without numbers, padded by the rule "same"."""
    inside = ops.ones_like(x[:1, ..., :1])
    return ops.divide(_mean(x, size, strides, pads), _mean(inside, size, strides, pads))


def _mean(
    x: Any, size: Sequence[int], strides: Sequence[int], pads: Sequence[tuple[int, int]]
) -> Any:
    padded = ops.pad(x, [(0, 0), *pads, (0, 0)])
    return ops.average_pool(padded, size, strides, "valid", data_format="channels_last")


def adaptive_average(x: Any, size: Sequence[int]) -> Any:
    """Means over as many boxes of the map as the output has positions."""
    # The mean over a box is the mean of means along its sides: a product with one
    # matrix for each dimension.
    means = x
    for axis, count in enumerate(size, start=1):
        weights = window_means(x.shape[axis], count)
        means = ops.moveaxis(
            ops.tensordot(means, weights, axes=[[axis], [1]]), -1, axis
        )
    return means if means.dtype == x.dtype else ops.cast(means, x.dtype)
