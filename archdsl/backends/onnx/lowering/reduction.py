"""Reductions over axes."""

from __future__ import annotations

from typing import Final

from archdsl.backends.onnx.program import Value
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.base import Op
from archdsl.ops.reduction import L2Normalize, Max, Mean, Min, Sum, Variance, axis_indices

_PLAIN: Final[dict[type[Op], str]] = {Mean: "ReduceMean", Sum: "ReduceSum", Max: "ReduceMax", Min: "ReduceMin"}


@lowers(*_PLAIN, takes=AS_THEY_COME)
def reduction(op: Mean | Sum | Max | Min, site: Site, x: str) -> Value:
    return _reduced(_PLAIN[type(op)], op, site, x)


@lowers(Variance, takes=AS_THEY_COME)
def variance(op: Variance, site: Site, x: str) -> Value:
    mean = site.emit("ReduceMean", x, _axes(op.axis, site), keepdims=1)
    centred = site.emit("Sub", x, mean)
    return _reduced("ReduceMean", op, site, site.emit("Mul", centred, centred))


@lowers(L2Normalize, takes=AS_THEY_COME)
def l2_normalize(op: L2Normalize, site: Site, x: str) -> str:
    length = site.emit("ReduceL2", x, _axes(op.axis, site), keepdims=1)
    return site.emit("Div", x, site.emit("Max", length, site.number(op.eps)))


def _axes(axis: int | tuple[int, ...], site: Site) -> str:
    return site.ints(*map(site.axis, axis_indices(axis, site.inputs[0])))


def _reduced(kind: str, op: Mean | Sum | Max | Min | Variance, site: Site, x: str) -> Value:
    """The reduction. A result without channels has no channels-first order."""
    made = site.emit(kind, x, _axes(op.axis, site), keepdims=int(op.keepdims))
    has_channels = op.keepdims or site.rank not in axis_indices(op.axis, site.inputs[0])
    return Value(made, site.first and has_channels)
