"""Normalisations."""

from __future__ import annotations

import numpy as np

from archdsl.ops import normalisation as ops
from tests.reference.definitions import Array, Call, defines


def _standard(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """Zero mean and unit variance over some axes."""
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + eps)


def _affine(x: Array, call: Call) -> Array:
    return x * call.weights.get("gamma", 1) + call.weights.get("beta", 0)


@defines(ops.BatchNorm)
def batch_norm(op: ops.BatchNorm, call: Call) -> Array:
    x = call.x
    mean, variance = call.weights["moving_mean"], call.weights["moving_variance"]
    if call.training and op.trainable:
        everything = tuple(range(x.ndim - 1))
        kept, moved = (mean, variance), (x.mean(everything), x.var(everything))
        for name, old, new in zip(("moving_mean", "moving_variance"), kept, moved, strict=True):
            call.updates[name] = op.momentum * old + (1 - op.momentum) * new
        mean, variance = moved
    return _affine((x - mean) / np.sqrt(variance + op.eps), call)


@defines(ops.LayerNorm)
def layer_norm(op: ops.LayerNorm, call: Call) -> Array:
    return _affine(_standard(call.x, (-1,), op.eps), call)


@defines(ops.GroupNorm)
def group_norm(op: ops.GroupNorm, call: Call) -> Array:
    x = call.x
    grouped = x.reshape(*x.shape[:-1], op.groups, x.shape[-1] // op.groups)
    others = (*range(1, x.ndim - 1), x.ndim)
    return _affine(_standard(grouped, others, op.eps).reshape(x.shape), call)


@defines(ops.InstanceNorm)
def instance_norm(op: ops.InstanceNorm, call: Call) -> Array:
    return _affine(_standard(call.x, tuple(range(1, call.x.ndim - 1)), op.eps), call)


@defines(ops.RmsNorm)
def rms_norm(op: ops.RmsNorm, call: Call) -> Array:
    return call.x / np.sqrt((call.x**2).mean(-1, keepdims=True) + op.eps) * call.weights.get("scale", 1)


@defines(ops.LocalResponseNorm)
def local_response_norm(op: ops.LocalResponseNorm, call: Call) -> Array:
    x, alpha = call.x, op.alpha / op.size if op.divide else op.alpha
    sums = np.zeros_like(x)
    for channel in range(x.shape[-1]):
        first = channel - op.size // 2
        sums[..., channel] = (x[..., max(first, 0) : first + op.size] ** 2).sum(-1)
    return x / (op.k + alpha * sums) ** op.beta
