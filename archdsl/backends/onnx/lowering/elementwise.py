"""Elementwise functions."""

from __future__ import annotations

from typing import Final

from archdsl.backends.onnx.program import ABSENT
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Abs, Clip, Cos, Exp, Log, Negative, Power, Reciprocal, Sin, Sqrt, Square

_PLAIN: Final[dict[type[Op], str]] = {
    Exp: "Exp",
    Log: "Log",
    Sqrt: "Sqrt",
    Abs: "Abs",
    Negative: "Neg",
    Reciprocal: "Reciprocal",
    Sin: "Sin",
    Cos: "Cos",
}


@lowers(*_PLAIN, takes=AS_THEY_COME)
def function(op: Op, site: Site, x: str) -> str:
    """Functions that are operators of ONNX without arguments."""
    return site.emit(_PLAIN[type(op)], x)


@lowers(Square, takes=AS_THEY_COME)
def square(_: Square, site: Site, x: str) -> str:
    return site.emit("Mul", x, x)


@lowers(Power, takes=AS_THEY_COME)
def power(op: Power, site: Site, x: str) -> str:
    return site.emit("Pow", x, site.number(op.exponent))


@lowers(Clip, takes=AS_THEY_COME)
def clip(op: Clip, site: Site, x: str) -> str:
    least = ABSENT if op.min is None else site.number(op.min)
    return site.emit("Clip", x, least, *([] if op.max is None else [site.number(op.max)]))
