"""Elementwise functions."""

from __future__ import annotations

from keras import ops

from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Abs, Clip, Cos, Exp, Log, Negative, Power, Reciprocal, Sin, Sqrt, Square


@lowers(Exp, Log, Sqrt, Square, Abs, Negative, Reciprocal, Sin, Cos)
def function(op: Op, _: Site, x: Tensor) -> Tensor:
    """Functions with the same name in Keras and no arguments."""
    return getattr(ops, op.name)(x)


@lowers(Power)
def power(op: Power, _: Site, x: Tensor) -> Tensor:
    return ops.power(x, op.exponent)


@lowers(Clip)
def clip(op: Clip, _: Site, x: Tensor) -> Tensor:
    if op.min is None or op.max is None:
        return ops.minimum(x, op.max) if op.min is None else ops.maximum(x, op.min)
    return ops.clip(x, op.min, op.max)
