"""Functions of each element."""

from __future__ import annotations

import numpy as np

from archdsl.ops import elementwise as ops
from tests.reference.definitions import Array, Call, defines


@defines(ops.Exp)
def exp(op: ops.Exp, call: Call) -> Array:
    return np.exp(call.x)


@defines(ops.Log)
def log(op: ops.Log, call: Call) -> Array:
    return np.log(call.x)


@defines(ops.Sqrt)
def sqrt(op: ops.Sqrt, call: Call) -> Array:
    return np.sqrt(call.x)


@defines(ops.Square)
def square(op: ops.Square, call: Call) -> Array:
    return call.x * call.x


@defines(ops.Power)
def power(op: ops.Power, call: Call) -> Array:
    return call.x**op.exponent


@defines(ops.Abs)
def absolute(op: ops.Abs, call: Call) -> Array:
    return np.abs(call.x)


@defines(ops.Negative)
def negative(op: ops.Negative, call: Call) -> Array:
    return -call.x


@defines(ops.Reciprocal)
def reciprocal(op: ops.Reciprocal, call: Call) -> Array:
    return 1 / call.x


@defines(ops.Sin)
def sin(op: ops.Sin, call: Call) -> Array:
    return np.sin(call.x)


@defines(ops.Cos)
def cos(op: ops.Cos, call: Call) -> Array:
    return np.cos(call.x)


@defines(ops.Clip)
def clip(op: ops.Clip, call: Call) -> Array:
    low = -np.inf if op.min is None else op.min
    high = np.inf if op.max is None else op.max
    return np.where(call.x < low, low, np.where(call.x > high, high, call.x))
