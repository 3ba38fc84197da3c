"""Reductions over axes."""

from __future__ import annotations

from archdsl.backends.keras.counterparts import COUNTERPARTS
from archdsl.backends.python.registry import Lowered, Site, expression, lowers
from archdsl.ops.axes import axis_index as axis_index
from archdsl.ops.reduction import L2Normalize, Max, Mean, Min, Sum, Variance, axis_indices


def _axes(axis: int | tuple[int, ...], site: Site) -> int | tuple[int, ...]:
    """The axes as Keras counts them, with the batch."""
    rank = len(site.inputs[0])
    found = tuple(index + 1 for index in axis_indices(axis, site.inputs[0]))
    return -1 if found == (rank,) else found[0] if len(found) == 1 else found


@lowers(Mean, Sum, Max, Min, Variance)
def reduction(op: Mean | Sum | Max | Min | Variance, site: Site) -> Lowered:
    kept = ", keepdims=True" if op.keepdims else ""
    return expression(f"ops.{COUNTERPARTS[op.name]}({{0}}, axis={{axis}}{kept})", axis=_axes(op.axis, site))


@lowers(L2Normalize)
def l2_normalize(op: L2Normalize, site: Site) -> Lowered:
    axes = _axes(op.axis, site)
    return expression("unit_length({0}, {axis}, {epsilon})", "unit_length", axis=axes, epsilon=op.eps)
