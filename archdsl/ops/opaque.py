"""A step of which only the shapes are known: an imported layer for which the language has no op."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import INPUT, OUTPUT, NonNegative, Op, Positive, Wanted, Weight
from archdsl.ops.reach import UNKNOWN, Layout, Sight

Size = Annotated[
    tuple[Positive | Sym, ...],
    Field(min_length=1, max_length=8),
    Wanted("a list with the size of each dimension of the output, without the batch"),
]
Arrays = Annotated[
    tuple[Annotated[tuple[Positive, ...], Field(max_length=8)], ...],
    Wanted("a list with the shape of each weight: [[3, 3, 64], [64]]"),
]


class Opaque(Op):
    """Stands for a layer that the language has no op for: its name, the shape of its output, and its weights.

    `archdsl import --opaque` writes it for layers and operators that it cannot read. It takes one tensor that flows in,
    or several as branches. Such a model can be checked, drawn, compared and summed up, but what the step computes is
    not known: its weights are counted, its multiply-adds are not, and no backend builds it. Of a layer with several
    outputs, each that is used is a step of its own, and the first has the weights.
    """

    name = "opaque"
    family = "opaque"
    aliases = ("CustomLayer", "custom_op", "black_box")
    joins = True
    computes = False
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    backprop_reads = INPUT | OUTPUT
    example = '[56, 56, 64] -> [28, 28, 64]: opaque(layer="BlurPool", size=[28, 28, 64], arrays=[[3, 3, 64]])'

    layer: Annotated[str, Field(min_length=1, max_length=200), Wanted("the name of a class or operator")] = Field(
        description="the class of the layer, or the operator, as the source calls it"
    )
    size: Size = Field(description="the shape of the output, without the batch")
    arrays: Arrays = Field((), description="the shapes of its weights, which are called `0`, `1` and so on")
    config: str = Field("", description="the arguments that the source gives it, in its own words")
    result: NonNegative = Field(0, description="which output of the layer this is, counted from 0")

    def shape(self, *inputs: Shape) -> Shape:
        return self.size

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return tuple(Weight(str(number), shape) for number, shape in enumerate(self.arrays))

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (UNKNOWN,) * len(inputs[0])

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return (frozenset(),) * len(output)
