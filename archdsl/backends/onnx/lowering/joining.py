"""Joins of several tensors."""

from __future__ import annotations

from typing import Final

from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.axes import axis_index
from archdsl.ops.base import Op
from archdsl.ops.joining import Add, Average, Concat, Divide, Matmul, Maximum, Minimum, Mul, Subtract

_VARIADIC: Final[dict[type[Op], str]] = {Maximum: "Max", Minimum: "Min", Average: "Mean"}
_PAIRWISE: Final[dict[type[Op], str]] = {Add: "Add", Mul: "Mul", Subtract: "Sub", Divide: "Div"}


@lowers(*_VARIADIC, takes=AS_THEY_COME, stretches=True)
def of_all(op: Op, site: Site, *tensors: str) -> str:
    return site.emit(_VARIADIC[type(op)], *tensors)


@lowers(*_PAIRWISE, takes=AS_THEY_COME, stretches=True)
def of_pairs(op: Op, site: Site, *tensors: str) -> str:
    return site.chained(_PAIRWISE[type(op)], tensors)


@lowers(Concat, takes=AS_THEY_COME)
def concat(op: Concat, site: Site, *tensors: str) -> str:
    return site.emit("Concat", *tensors, axis=site.axis(axis_index(op.axis, site.inputs[0])))


@lowers(Matmul, stretches=True)
def matmul(op: Matmul, site: Site, a: str, b: str) -> str:
    if op.transpose_b:
        rank = len(site.inputs[1]) + 1
        b = site.emit("Transpose", b, perm=(*range(rank - 2), rank - 1, rank - 2))
    return site.emit("MatMul", a, b)
