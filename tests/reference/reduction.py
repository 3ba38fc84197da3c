"""Reductions over axes."""

from __future__ import annotations

import numpy as np

from archdsl.ops import reduction as ops
from tests.reference.definitions import Array, Call, defines


def _axes(op: ops.Mean | ops.Sum | ops.Max | ops.Min | ops.Variance | ops.L2Normalize) -> tuple[int, ...]:
    """The axes as arrays have them, behind the batch."""
    axes = op.axis if isinstance(op.axis, tuple) else (op.axis,)
    return tuple(axis if axis < 0 else axis + 1 for axis in axes)


def _mean(x: Array, axes: tuple[int, ...]) -> Array:
    """The mean over axes, which stay with size 1."""
    total = x.sum(axes, keepdims=True)
    return np.asarray(total * (total.size / x.size))


def _given(op: ops.Mean | ops.Variance, value: Array) -> Array:
    return value if op.keepdims else value.squeeze(_axes(op))


@defines(ops.Mean)
def mean(op: ops.Mean, call: Call) -> Array:
    return _given(op, _mean(call.x, _axes(op)))


@defines(ops.Sum)
def total(op: ops.Sum, call: Call) -> Array:
    return np.asarray(call.x.sum(_axes(op), keepdims=op.keepdims))


@defines(ops.Max)
def greatest(op: ops.Max, call: Call) -> Array:
    return np.asarray(call.x.max(_axes(op), keepdims=op.keepdims))


@defines(ops.Min)
def least(op: ops.Min, call: Call) -> Array:
    return np.asarray(call.x.min(_axes(op), keepdims=op.keepdims))


@defines(ops.Variance)
def variance(op: ops.Variance, call: Call) -> Array:
    axes = _axes(op)
    return _given(op, _mean((call.x - _mean(call.x, axes)) ** 2, axes))


@defines(ops.L2Normalize)
def l2_normalize(op: ops.L2Normalize, call: Call) -> Array:
    length = np.sqrt((call.x**2).sum(_axes(op), keepdims=True))
    return call.x / np.maximum(length, op.eps)
