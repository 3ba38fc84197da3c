"""Reductions over axes."""

from __future__ import annotations

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.graph.dims import Shape
from archdsl.ops import reduction as ops
from archdsl.ops.reduction import axis_indices

_METHODS = {
    ops.Mean: "mean({dim})",
    ops.Sum: "sum({dim})",
    ops.Max: "amax({dim})",
    ops.Min: "amin({dim})",
    ops.Variance: "var({dim}, correction=0)",
}


def without(removed: tuple[int, ...], rank: int) -> Orders:
    """The order of the remaining axes after an op that drops axes: without channels, that of the graph."""
    return Orders(gives=LAST, tied=False) if rank - 1 in removed and len(removed) < rank else Orders()


def _kept(op: ops.Mean, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders() if op.keepdims else without(axis_indices(op.axis, inputs[0]), len(inputs[0]))


@lowers(*_METHODS, orders=_kept)
def reduce(op: ops.Mean, site: Site) -> Lowered:
    text = _METHODS[type(op)]
    if op.keepdims:
        text = text[:-1] + ", keepdim=True)"
    return Lowered(code(f"{{0}}.{text}", dim=_dims(op, site)))


def _dims(op: ops.Mean | ops.L2Normalize, site: Site) -> int | tuple[int, ...]:
    dims = tuple(sorted(site.dim(axis) for axis in axis_indices(op.axis, site.inputs[0])))
    return dims[0] if len(dims) == 1 else dims


@lowers(ops.L2Normalize)
def l2_normalize(op: ops.L2Normalize, site: Site) -> Lowered:
    if op.eps == 1e-12:
        return Lowered(code("F.normalize({0}, dim={dim})", dim=_dims(op, site)))
    return Lowered(code("F.normalize({0}, dim={dim}, eps={eps})", dim=_dims(op, site), eps=op.eps))
