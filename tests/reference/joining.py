"""Joins."""

from __future__ import annotations

from functools import reduce

import numpy as np

from archdsl.ops import joining as ops
from tests.reference.definitions import Array, Call, defines


@defines(ops.Add)
def add(op: ops.Add, call: Call) -> Array:
    return reduce(np.add, call.inputs)


@defines(ops.Subtract)
def subtract(op: ops.Subtract, call: Call) -> Array:
    first, second = call.inputs
    return first - second


@defines(ops.Divide)
def divide(op: ops.Divide, call: Call) -> Array:
    first, second = call.inputs
    return first / second


@defines(ops.Mul)
def mul(op: ops.Mul, call: Call) -> Array:
    return reduce(np.multiply, call.inputs)


@defines(ops.Maximum)
def maximum(op: ops.Maximum, call: Call) -> Array:
    return reduce(np.maximum, call.inputs)


@defines(ops.Minimum)
def minimum(op: ops.Minimum, call: Call) -> Array:
    return reduce(np.minimum, call.inputs)


@defines(ops.Average)
def average(op: ops.Average, call: Call) -> Array:
    return reduce(np.add, call.inputs) / len(call.inputs)


@defines(ops.Concat)
def concat(op: ops.Concat, call: Call) -> Array:
    return np.concatenate(call.inputs, op.axis if op.axis < 0 else op.axis + 1)


@defines(ops.Matmul)
def matmul(op: ops.Matmul, call: Call) -> Array:
    first, second = call.inputs
    return first @ (np.swapaxes(second, -1, -2) if op.transpose_b else second)
