"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from keras import ops

from archdsl.backends.keras.layers.normalisation import unit_length
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.base import Op
from archdsl.ops.reduction import L2Normalize, Max, Mean, Min, Sum, Variance, axis_indices


def _axes(axis: int | tuple[int, ...], site: Site) -> tuple[int, ...]:
    """The axes as Keras counts them, with the batch."""
    return tuple(index + 1 for index in axis_indices(axis, site.inputs[0]))


_OPERATIONS: Final[Mapping[type[Op], Callable[..., Tensor]]] = {
    Mean: ops.mean,
    Sum: ops.sum,
    Max: ops.max,
    Min: ops.min,
    Variance: ops.var,
}


@lowers(Mean, Sum, Max, Min, Variance)
def reduction(op: Mean | Sum | Max | Min | Variance, site: Site, x: Tensor) -> Tensor:
    return _OPERATIONS[type(op)](x, axis=_axes(op.axis, site), keepdims=op.keepdims)


@lowers(L2Normalize)
def l2_normalize(op: L2Normalize, site: Site, x: Tensor) -> Tensor:
    return unit_length(x, _axes(op.axis, site), op.eps)
