"""Ops that bring an image's values into the range that the model was trained with."""

from typing import Annotated

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape
from archdsl.ops.axes import known_channels, per_channel
from archdsl.ops.base import Count, Misfit, Op, Wanted, Weight

Variance = Annotated[float, Field(gt=0)]

PerChannel = Annotated[
    float | Annotated[tuple[float, ...], Field(min_length=1)],
    Wanted("a number, or a list with one for each channel"),
]


class Rescale(Op):
    """``x * factor + offset``: ``rescale(1.0 / 255)`` brings bytes to 0…1, ``rescale(1.0 / 127.5, -1.0)`` to -1…1."""

    name = "rescale"
    family = "input"
    aliases = ("Rescaling", "rescaling", "ToTensor")
    positional = ("factor", "offset")
    example = "[224, 224, 3] -> [224, 224, 3]: rescale(1.0 / 255)"
    elementwise = True

    factor: PerChannel = Field(description="what to multiply by: a number, or one for each channel")
    offset: PerChannel = Field(0.0, description="what to add then: a number, or one for each channel")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        for argument, values in (("factor", self.factor), ("offset", self.offset)):
            if isinstance(values, tuple):
                per_channel(values, x, argument)
        return x


class Normalize(Op):
    """``(x - mean) / sqrt(variance)`` for each channel, with the statistics of the data that the model was trained on.

    Given statistics are constants. Without any the layer holds them as weights that training leaves alone, together
    with a count that Keras keeps, and ``adapt`` or a file of weights sets them; ``keras.applications.EfficientNet``
    begins so. Of these, Keras takes a standard deviation below 1e-7 for 1e-7.
    """

    name = "normalize"
    family = "input"
    aliases = ("Normalization", "Normalize", "normalise", "standardize", "normalization")
    positional = ("mean", "variance")
    example = "[224, 224, 3] -> [224, 224, 3]: normalize(mean=127.5, variance=4096.0)"
    elementwise = True

    mean: PerChannel | None = Field(None, description="means: a number, or one for each channel")
    variance: (
        Annotated[
            Variance | Annotated[tuple[Variance, ...], Field(min_length=1)],
            Wanted("a number above 0, or a list with one for each channel"),
        ]
        | None
    ) = Field(
        None, description="variances, which are squares of standard deviations: a number, or one for each channel"
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        known_channels(x)
        given = {"mean": self.mean, "variance": self.variance}
        for argument, missing in (("mean", "variance"), ("variance", "mean")):
            values = given[argument]
            if isinstance(values, tuple):
                per_channel(values, x, argument)
            if values is not None and given[missing] is None:
                raise Misfit(codes.NeedsArgument, argument=argument, given=argument, missing=missing)
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        if self.mean is not None:
            return ()
        channels = (known_channels(x),)
        count = Count("count", (), False)
        return (Weight("mean", channels, False), Weight("variance", channels, False), count)
