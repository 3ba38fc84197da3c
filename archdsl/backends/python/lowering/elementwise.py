"""Elementwise functions."""

from __future__ import annotations

from archdsl.backends.python.registry import Lowered, Site, expression, lowers
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Abs, Clip, Cos, Exp, Log, Negative, Power, Reciprocal, Sin, Sqrt, Square


@lowers(Exp, Log, Sqrt, Square, Abs, Negative, Reciprocal, Sin, Cos)
def function(op: Op, site: Site) -> Lowered:
    """Functions with the same name in Keras and no arguments."""
    return expression(f"ops.{op.name}({{0}})")


@lowers(Power)
def power(op: Power, site: Site) -> Lowered:
    return expression("{0}**{exponent}" if op.exponent >= 0 else "ops.power({0}, {exponent})", exponent=op.exponent)


@lowers(Clip)
def clip(op: Clip, site: Site) -> Lowered:
    if op.min is None or op.max is None:
        return (
            expression("ops.minimum({0}, {max})", max=op.max)
            if op.min is None
            else expression("ops.maximum({0}, {min})", min=op.min)
        )
    return expression("ops.clip({0}, {min}, {max})", min=op.min, max=op.max)
