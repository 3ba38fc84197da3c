"""The dense layer: every output is a weighted sum of all inputs on the last axis."""

from collections.abc import Sequence

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements, show
from archdsl.ops.base import INPUT, Misfit, Positive, Weight, Weighted, known
from archdsl.ops.reach import SAME, WHOLE, Sight


class Dense(Weighted):
    """Fully connected layer over the last axis; all other axes are carried along.

    MACs: ``output elements * input features``.
    """

    name = "dense"
    family = "linear"
    kind = "dense"
    aliases = ("Dense", "Linear", "nn.Linear", "linear", "fc", "fully_connected")
    positional = ("units",)
    example = "[2048] -> [1000]: dense(1000)"
    backprop_reads = INPUT
    depth = 1

    units: Positive = Field(description="output features")
    bias: bool = Field(True, description="whether a bias is added to each feature")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if not x:
            raise Misfit(codes.WrongRank, wanted="[…, features]", shape=show(x))
        known(x[-1], "the features")
        return (*x[:-1], self.units)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        bias = (Weight("bias", (self.units,), self.trainable),) if self.bias else ()
        return (Weight("kernel", (known(x[-1], "the features"), self.units), self.trainable), *bias)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        return elements(output) * known(inputs[0][-1], "the features")

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*(SAME,) * (len(output) - 1), WHOLE)
