"""Activations."""

from __future__ import annotations

from collections.abc import Callable
from math import erf

import numpy as np

from archdsl.ops import activation as ops
from tests.reference.definitions import Array, Call, defines

_erf: Callable[[Array], Array] = np.vectorize(erf, otypes=[float])


@defines(ops.Relu)
def relu(op: ops.Relu, call: Call) -> Array:
    return np.maximum(call.x, 0)


@defines(ops.Relu6)
def relu6(op: ops.Relu6, call: Call) -> Array:
    return np.clip(call.x, 0, 6)


@defines(ops.LeakyRelu)
def leaky_relu(op: ops.LeakyRelu, call: Call) -> Array:
    return np.where(call.x > 0, call.x, op.slope * call.x)


@defines(ops.Prelu)
def prelu(op: ops.Prelu, call: Call) -> Array:
    return np.where(call.x > 0, call.x, call.weights["alpha"] * call.x)


@defines(ops.Elu)
def elu(op: ops.Elu, call: Call) -> Array:
    return np.where(call.x > 0, call.x, op.alpha * (np.exp(np.minimum(call.x, 0)) - 1))


@defines(ops.Gelu)
def gelu(op: ops.Gelu, call: Call) -> Array:
    x = call.x
    if op.approximate:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * 0.5 * (1 + _erf(x / np.sqrt(2)))


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@defines(ops.QuickGelu)
def quick_gelu(op: ops.QuickGelu, call: Call) -> Array:
    return call.x * _sigmoid(1.702 * call.x)


@defines(ops.Silu)
def silu(op: ops.Silu, call: Call) -> Array:
    return call.x * _sigmoid(call.x)


def _hard_sigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


@defines(ops.HardSilu)
def hard_silu(op: ops.HardSilu, call: Call) -> Array:
    return call.x * _hard_sigmoid(call.x)


@defines(ops.HardSigmoid)
def hard_sigmoid(op: ops.HardSigmoid, call: Call) -> Array:
    return _hard_sigmoid(call.x)


@defines(ops.Sigmoid)
def sigmoid(op: ops.Sigmoid, call: Call) -> Array:
    return _sigmoid(call.x)


@defines(ops.Tanh)
def tanh(op: ops.Tanh, call: Call) -> Array:
    return np.tanh(call.x)


def softmax_over(x: Array, axis: int) -> Array:
    """``exp(x) / sum(exp(x))``; a number that is taken off all of them changes nothing but the range of ``exp``."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


@defines(ops.Softmax)
def softmax(op: ops.Softmax, call: Call) -> Array:
    return softmax_over(call.x, op.axis if op.axis < 0 else op.axis + 1)


def _softplus(x: Array) -> Array:
    return np.log(1 + np.exp(-np.abs(x))) + np.maximum(x, 0)


@defines(ops.Softplus)
def softplus(op: ops.Softplus, call: Call) -> Array:
    return _softplus(call.x)


@defines(ops.Mish)
def mish(op: ops.Mish, call: Call) -> Array:
    return call.x * np.tanh(_softplus(call.x))
