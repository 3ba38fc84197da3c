"""Ops that join several tensors into one, in the order in which they are written."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements, show, total
from archdsl.ops.axes import Axis, axis_index
from archdsl.ops.base import INPUT, Misfit, Op
from archdsl.ops.reach import SAME, WHOLE, Layout, Sight


def broadcast_shape(shapes: Sequence[Shape]) -> Shape | None:
    """The shape of tensors of one rank after broadcasting dimensions of size 1; ``None`` if they do not fit.

    >>> broadcast_shape([(56, 56, 64), (1, 1, 64)])
    (56, 56, 64)
    """
    if len({len(shape) for shape in shapes}) > 1:
        return None
    sizes = [{dim for dim in dims if dim != 1} for dims in zip(*shapes, strict=True)]
    if any(len(different) > 1 for different in sizes):
        return None
    return tuple(different.pop() if different else 1 for different in sizes)


class _Join(Op):
    """Base of joins: any number of inputs of equal shapes."""

    family = "joining"
    elementwise = True
    joins = True
    aligned = True
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    keeps_sign = True

    def shape(self, *inputs: Shape) -> Shape:
        if len(set(inputs)) > 1:
            raise Misfit(codes.ShapeMismatch)
        return inputs[0]


class _BroadcastingJoin(_Join):
    """A join that can broadcast dimensions of size 1."""

    broadcast: bool = Field(False, description="whether dimensions of size 1 stretch to the size of the others")

    def shape(self, *inputs: Shape) -> Shape:
        stretched = broadcast_shape(inputs)
        if self.broadcast:
            if stretched is None:
                raise Misfit(codes.ShapeMismatch, need="needs one rank, and sizes that are equal or 1")
            return stretched
        if stretched and len(set(inputs)) > 1:
            raise Misfit(codes.ShapeMismatch, help=[f"`{self.name}(broadcast=true)` stretches dimensions of size 1"])
        return super().shape(*inputs)


class Add(_BroadcastingJoin):
    """The sum, element by element: residual connections (He et al. 2015)."""

    name = "add"
    of_number = "rescale(1.0, {})"
    aliases = ("Add", "plus", "skip_connection")
    example = "[56, 56, 64] -> [56, 56, 64]: add { main: conv(64, k=3)  skip: id }"
    shares_gradient = True


class Subtract(_BroadcastingJoin):
    """The first minus the second, element by element."""

    name = "subtract"
    of_number = "rescale(1.0, -{})"
    aliases = ("Subtract", "sub", "minus", "difference")
    arity = (2, 2)
    keeps_sign = False
    example = "[56, 56, 64] -> [56, 56, 64]: subtract { sharp: id  blurred: avg_pool(3, stride=1) }"


class Divide(_BroadcastingJoin):
    """The first divided by the second, element by element; infinite where that is 0."""

    name = "divide"
    of_number = "rescale(1.0 / {})"
    aliases = ("Divide", "div", "quotient", "true_divide", "truediv")
    arity = (2, 2)
    example = "[49, 64] -> [49, 64]: divide(broadcast=true) { part: exp  whole: exp -> sum(-1, keepdims=true) }"
    backprop_reads = INPUT


class Mul(_BroadcastingJoin):
    """The product, element by element: gates, squeeze-and-excitation (Hu et al. 2017)."""

    name = "mul"
    aliases = ("Multiply", "multiply", "times", "product", "gate")
    of_number = "rescale({})"
    squares = True
    example = "[56, 56, 64] -> [56, 56, 64]: mul(broadcast=true) { signal: id  gate: global_avg_pool(keepdims=true) }"
    backprop_reads = INPUT


class Maximum(_Join):
    """The greatest, element by element (maxout, Goodfellow et al. 2013)."""

    name = "maximum"
    aliases = ("Maximum", "maxout")
    example = "[56, 56, 64] -> [56, 56, 32]: maximum { one: conv(32)  other: conv(32) }"
    backprop_reads = INPUT


class Minimum(_Join):
    """The least, element by element."""

    name = "minimum"
    aliases = ("Minimum",)
    example = "[56, 56, 64] -> [56, 56, 32]: minimum { one: conv(32)  other: conv(32) }"
    backprop_reads = INPUT


class Average(_Join):
    """The mean, element by element: heads or models that vote."""

    name = "average"
    aliases = ("Average", "avg")
    example = "[512] -> [10]: average { one: dense(10)  other: dense(10) }"


class Concat(_Join):
    """One after the other along an axis, the channels when none is given (Inception, DenseNet, U-Net)."""

    name = "concat"
    aliases = ("Concatenate", "concatenate", "cat", "Concat", "route")
    example = "[28, 28, 192] -> [28, 28, 96]: concat { near: conv(64, k=1)  wide: conv(32, k=3) }"
    elementwise = False

    axis: Axis = Field(-1, description="axis to stack along; 0 is the first after the batch, -1 the channels")

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        axis = axis_index(self.axis, first)
        if len({(*x[:axis], 0, *x[axis + 1 :]) for x in inputs}) > 1 or len({len(x) for x in inputs}) > 1:
            raise Misfit(codes.ShapeMismatch, need=f"needs equal shapes but for axis {self.axis}")
        return (*first[:axis], total(x[axis] for x in inputs), *first[axis + 1 :])

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        axis = axis_index(self.axis, output)
        return tuple(WHOLE if index == axis else SAME for index in range(len(output)))


class Matmul(_Join):
    """Matrix product over the last two dimensions: ``[…, n, k]`` times ``[…, k, m]`` is ``[…, n, m]``.

    MACs: ``output elements * k``.
    """

    name = "matmul"
    kind = "matmul"
    aliases = ("MatMul", "Dot", "dot", "bmm", "einsum")
    arity = (2, 2)
    example = "[49, 32] -> [49, 49]: matmul(transpose_b=true) { query: dense(32)  key: dense(32) }"
    elementwise = False
    aligned = False
    backprop_reads = INPUT

    transpose_b: bool = Field(
        False, description="whether the second is given as […, m, k], as keys of an attention are"
    )

    def shape(self, *inputs: Shape) -> Shape:
        a, b = inputs
        for x in inputs:
            if len(x) < 2:
                raise Misfit(codes.WrongRank, wanted="[…, n, k]", shape=show(x))
        if a[:-2] != b[:-2]:
            raise Misfit(codes.ShapeMismatch, need="needs equal shapes but for the last two dimensions")
        inner, outer = (b[-1], b[-2]) if self.transpose_b else (b[-2], b[-1])
        if a[-1] != inner:
            raise Misfit(
                codes.SizeMismatch,
                wanted="a product",
                shape=f"{show(a)} and {show(b)}",
                reason=f"the sizes to sum over are {a[-1]} and {inner}",
            )
        return (*a[:-1], outer)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        return elements(output) * inputs[0][-1]

    def activations(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        return elements(output)

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*(SAME,) * (len(output) - 2), WHOLE, WHOLE)

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        """The last axis represents one of the second input, whose layout is not given."""
        return (*layout[:-1], frozenset())
