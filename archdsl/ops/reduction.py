"""Reductions over the axes that ``axis`` names, one or a list of them."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape
from archdsl.ops.axes import Axis, axis_index
from archdsl.ops.base import INPUT, OUTPUT, Misfit, Op, Wanted
from archdsl.ops.reach import SAME, WHOLE, Layout, Sight

Axes = Annotated[
    Axis | Annotated[tuple[Axis, ...], Field(min_length=1, max_length=8)],
    Wanted("an axis, or a list of different axes: 0 is the first after the batch, -1 the last"),
]


def axis_indices(axes: int | tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """The dimensions of ``shape`` that the argument ``axis`` names, in ascending order.

    Raises:
        Misfit: an axis is out of range or named twice.
    """
    given = axes if isinstance(axes, tuple) else (axes,)
    found = sorted(axis_index(axis, shape) for axis in given)
    if len(set(found)) < len(found):
        twice = next(axis for axis in found if found.count(axis) > 1)
        help_ = (f"each axis once: `[{', '.join(map(str, sorted(set(found))))}]`",)
        raise Misfit(codes.RepeatedAxis, argument="axis", help=help_, axis=twice)
    return tuple(found)


class _OverAxes(Op):
    """Base of ops whose outputs depend on all elements along some axes."""

    family = "reduction"
    positional = ("axis",)

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        seen = axis_indices(self.axis, inputs[0])  # type: ignore[attr-defined]  # which each has, with its own default
        return tuple(WHOLE if index in seen else SAME for index in range(len(inputs[0])))


class _Reduction(_OverAxes):
    """Base of ops that reduce all elements along some axes to one number."""

    axis: Axes = Field(description="what is reduced: an axis or a list of them; 0 is the first after the batch")
    keepdims: bool = Field(False, description="whether the axes stay, with size 1")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        reduced = axis_indices(self.axis, x)
        if self.keepdims:
            return tuple(1 if index in reduced else dim for index, dim in enumerate(x))
        if len(reduced) == len(x):
            help_ = ("`keepdims=true` leaves a dimension of size 1 for each",)
            raise Misfit(codes.NothingLeft, argument="axis", help=help_)
        return tuple(dim for index, dim in enumerate(x) if index not in reduced)

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        if self.keepdims:
            return layout
        reduced = axis_indices(self.axis, inputs[0])
        return tuple(part for index, part in enumerate(layout) if index not in reduced)


class Mean(_Reduction):
    """The sum over axes divided by the number of elements: over the whole map it is ``global_avg_pool``.

    Over the channels it is half of CBAM's spatial gate (Woo et al. 2018, arXiv:1807.06521).
    """

    name = "mean"
    aliases = ("Mean", "reduce_mean")
    keeps_sign = True
    example = "[56, 56, 64] -> [56, 56, 1]: mean(-1, keepdims=true)"


class Sum(_Reduction):
    """The sum over axes: of probabilities, of weighted tokens. In float16 it overflows above 65,504."""

    name = "sum"
    aliases = ("Sum", "reduce_sum")
    keeps_sign = True
    example = "[49, 49, 8] -> [49, 8]: sum(1)"


class Max(_Reduction):
    """The greatest along axes. Over the whole map it is ``global_max_pool``."""

    name = "max"
    aliases = ("reduce_max",)
    keeps_sign = True
    backprop_reads = INPUT | OUTPUT
    example = "[56, 56, 64] -> [56, 56, 1]: max(-1, keepdims=true)"


class Min(_Reduction):
    """The least along axes."""

    name = "min"
    aliases = ("reduce_min",)
    keeps_sign = True
    backprop_reads = INPUT | OUTPUT
    example = "[49, 64] -> [64]: min(0)"


class Variance(_Reduction):
    """The mean of ``(x - mean) ** 2`` over axes.

    The sum of squares is divided by the number of elements, as in NumPy and Keras; PyTorch's ``var`` divides by one
    less unless told ``unbiased=False``. The standard deviation is ``variance(axis) -> sqrt``.
    """

    name = "variance"
    aliases = ("Variance", "var", "reduce_variance")
    nonnegative = True
    keeps_sign = True
    backprop_reads = INPUT
    example = "[56, 56, 64] -> [64]: variance([0, 1])"


class L2Normalize(_OverAxes):
    """Vectors of length 1: ``x / max(sqrt(sum of x ** 2), eps)`` along axes, as PyTorch's ``F.normalize``.

    Cosine classifiers and contrastive heads (CLIP, Radford et al. 2021, arXiv:2103.00020), XCiT's queries and keys.
    """

    name = "l2_normalize"
    aliases = ("UnitNormalization", "l2_norm", "L2Norm", "normalize_l2", "unit_norm")
    elementwise = True
    keeps_sign = True
    backprop_reads = INPUT
    example = "[512] -> [512]: l2_normalize"

    axis: Axes = Field(-1, description="along which the squares sum to 1: an axis or a list of them")
    eps: Annotated[float, Field(ge=1e-18, lt=1), Wanted("a number of at least 1e-18 and below 1")] = Field(
        1e-12, description="the least length that is divided by; its square must not vanish in float32"
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis_indices(self.axis, x)
        return x
