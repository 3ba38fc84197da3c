"""Poolings."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from archdsl.ops import pooling as ops
from tests.reference.definitions import Array, Call, defines, each, padded, padding, places


def _windows(op: ops.MaxPool | ops.AvgPool, x: Array, fill: float, beyond: float) -> Array:
    """What lies in each window, along a new first axis: ``fill`` in the padding, ``beyond`` behind it."""
    rank = x.ndim - 2
    k = each(op.k, rank)
    strides = k if op.stride is None else each(op.stride, rank)
    sizes, pads = x.shape[1:-1], padding(op.pad, x.shape[1:-1], k, strides)
    x = padded(x, pads, fill)
    count = [(n - window) // s + 1 for n, window, s in zip(x.shape[1:-1], k, strides, strict=True)]
    if op.ceil_mode:
        count = [math.ceil((n - window) / s) + 1 for n, window, s in zip(x.shape[1:-1], k, strides, strict=True)]
        starts = zip(count, strides, sizes, pads, strict=True)
        count = [c - 1 if (c - 1) * s >= n + before else c for c, s, n, (before, _) in starts]
        x = padded(x, [(0, window) for window in k], beyond)
    return np.stack([places(x, tap, count, strides) for tap in product(*map(range, k))])


@defines(ops.MaxPool)
def max_pool(op: ops.MaxPool, call: Call) -> Array:
    return _windows(op, call.x, -np.inf, -np.inf).max(0)


@defines(ops.AvgPool)
def avg_pool(op: ops.AvgPool, call: Call) -> Array:
    counts = op.count_pad and not isinstance(op.pad, str)
    return np.nanmean(_windows(op, call.x, 0.0 if counts else np.nan, np.nan), 0)


@defines(ops.GlobalAvgPool)
def global_avg_pool(op: ops.GlobalAvgPool, call: Call) -> Array:
    return call.x.mean(tuple(range(1, call.x.ndim - 1)), keepdims=op.keepdims)


@defines(ops.GlobalMaxPool)
def global_max_pool(op: ops.GlobalMaxPool, call: Call) -> Array:
    return call.x.max(tuple(range(1, call.x.ndim - 1)), keepdims=op.keepdims)


@defines(ops.AdaptiveAvgPool)
def adaptive_avg_pool(op: ops.AdaptiveAvgPool, call: Call) -> Array:
    """A mean over a box is a mean along one dimension after the other."""
    x = call.x
    for axis, size in enumerate(each(op.size, call.rank), 1):
        n = x.shape[axis]
        ranges = ((i * n // size, -(-(i + 1) * n // size)) for i in range(size))
        x = np.stack([x.take(range(first, end), axis).mean(axis) for first, end in ranges], axis)
    return x
