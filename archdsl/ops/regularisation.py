"""Noise that exists only in training: at inference these ops pass their input through."""

from pydantic import Field

from archdsl.graph.dims import Shape
from archdsl.ops.base import Op, Rate, spatial_rank


class _Noise(Op):
    """Base of dropouts. The survivors are scaled by ``1 / (1 - rate)``, which keeps the mean."""

    family = "regularisation"
    elementwise = True
    positional = ("rate",)
    keeps_sign = True
    only_in_training = True


class Dropout(_Noise):
    """Sets single elements to zero (Srivastava et al. 2014)."""

    name = "dropout"
    aliases = ("Dropout", "drop", "AlphaDropout")
    example = "[4096] -> [4096]: dropout(0.5)"
    masks = True

    rate: Rate = Field(description="fraction of the elements that are dropped")


class SpatialDropout(_Noise):
    """Sets whole channels of a map to zero: neighbours are too alike for dropout (Tompson et al. 2014)."""

    name = "spatial_dropout"
    aliases = (
        *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Dropout1d", "Dropout2d", "Dropout3d"),
        "channel_dropout",
    )
    example = "[28, 28, 64] -> [28, 28, 64]: spatial_dropout(0.1)"

    rate: Rate = Field(description="fraction of the channels that are dropped")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial_rank(x)
        return x


class DropPath(_Noise):
    """Stochastic depth: for some examples the whole branch is zero (Huang et al. 2016, arXiv:1603.09382)."""

    name = "drop_path"
    aliases = ("DropPath", "StochasticDepth", "stochastic_depth", "drop_connect", "droppath")
    example = "[28, 28, 64] -> [28, 28, 64]: drop_path(0.2)"

    rate: Rate = Field(description="fraction of the examples for which the branch is dropped")
