"""Figures over axes."""

from __future__ import annotations

from keras import ops

from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.reduction import L2Normalize, Max, Mean, Min, Sum, Variance, axis_indices


def _axes(axis: int | tuple[int, ...], site: Site) -> tuple[int, ...]:
    """As Keras counts them, with the batch."""
    return tuple(index + 1 for index in axis_indices(axis, site.inputs[0]))


@lowers(Mean, Sum, Max, Min, Variance)
def reduction(op: Mean | Sum | Max | Min | Variance, site: Site, x: Tensor) -> Tensor:
    return getattr(ops, op.keras)(x, axis=_axes(op.axis, site), keepdims=op.keepdims)


@lowers(L2Normalize)
def l2_normalize(op: L2Normalize, site: Site, x: Tensor) -> Tensor:
    axes = _axes(op.axis, site)
    if len(axes) == 1:
        return ops.normalize(x, axis=axes[0], order=2, epsilon=op.eps)
    length = ops.sqrt(ops.sum(ops.square(x), axis=axes, keepdims=True))
    return ops.divide(x, ops.maximum(length, op.eps))
