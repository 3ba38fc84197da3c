"""Normalisations: the input is brought to zero mean, unit variance or both over some axes, then scaled by weights."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.diagnostics.catalogue.habits import LowMomentum
from archdsl.graph.dims import Shape, show
from archdsl.ops.axes import known_channels
from archdsl.ops.base import INPUT, OUTPUT, Epsilon, Misfit, Op, Positive, Wanted, Weight, Weighted, known, spatial_rank
from archdsl.ops.call import number
from archdsl.ops.init import Init
from archdsl.ops.reach import SAME, WHOLE, Sight

Momentum = Annotated[float, Field(ge=0, le=1), Wanted("a fraction between 0 and 1")]


_HALF = 0.5
"""Running averages that keep less of themselves follow the last batch."""


class _Norm(Weighted):
    """A normalisation with a gain ``gamma`` and an offset ``beta`` for each channel.

    ``init`` and ``l2`` are those of ``gamma``, ones unless given, and ``bias_init`` is that of ``beta``.
    """

    family = "normalisation"
    elementwise = True
    backprop_reads = INPUT

    def channels(self, x: Shape) -> int:
        if not x:
            raise Misfit(codes.WrongRank, wanted="[…, channels]", shape=show(x))
        return known(x[-1], "the channels")

    def shape(self, *inputs: Shape) -> Shape:
        self.channels(inputs[0])
        return inputs[0]


class _Affine(_Norm):
    """A normalisation whose gain and offset can be left out."""

    scale: bool = Field(True, description="whether channels are multiplied by a learned `gamma`")
    center: bool = Field(True, description="whether a learned `beta` is added to channels")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = (self.channels(inputs[0]),)
        learned = {"gamma": self.scale, "beta": self.center}
        return tuple(Weight(name, shape, self.trainable) for name, present in learned.items() if present)


class BatchNorm(_Affine):
    """Batch normalisation: by mean and variance over the batch and the map (Ioffe & Szegedy 2015, arXiv:1502.03167).

    In inference it uses running averages, which keep ``momentum`` of themselves at each step: Keras's meaning, where
    PyTorch's number is ``1 - momentum``. With ``trainable=false`` it always does, and so is frozen as a whole.
    """

    name = "batch_norm"
    aliases = (
        "BatchNormalization",
        "BatchNorm2d",
        "batch_normalization",
        "batchnorm",
        "bn",
    )
    example = "[56, 56, 64] -> [56, 56, 64]: batch_norm"

    eps: Epsilon = Field(1e-5, description="added to the variance")
    momentum: Momentum = Field(0.9, description="share of the running averages that a step keeps")

    @property
    def subtracts_mean(self) -> bool:
        return self.trainable

    def doubts(self, *inputs: Shape) -> Iterator[Misfit]:
        if self.momentum < _HALF:
            kept = 1 - Decimal(repr(self.momentum))
            help_ = f"what PyTorch calls {number(self.momentum)} is `momentum={number(float(kept))}` here"
            yield Misfit(LowMomentum, argument="momentum", given=number(self.momentum), help=(help_,))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = (self.channels(inputs[0]),)
        running = (Weight("moving_mean", shape, False), Weight("moving_variance", shape, False))
        return (*super().weights(*inputs), *running)

    def start(self, weight: str) -> Init | None:
        return None if weight.startswith("moving") else super().start(weight)


class LayerNorm(_Affine):
    """Layer normalisation: by mean and variance over the last axis (Ba et al. 2016, arXiv:1607.06450)."""

    name = "layer_norm"
    aliases = ("LayerNormalization", "LayerNorm", "layer_normalization", "ln")
    example = "[197, 768] -> [197, 768]: layer_norm"

    eps: Epsilon = Field(1e-6, description="added to the variance")

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return _last(output)


class GroupNorm(_Norm):
    """Group normalisation: over the map and a group of channels (Wu & He 2018, arXiv:1803.08494).

    One group is layer normalisation over the whole map; as many groups as channels is instance normalisation.
    """

    name = "group_norm"
    aliases = ("GroupNormalization", "GroupNorm", "group_normalization", "gn")
    positional = ("groups",)
    example = "[56, 56, 64] -> [56, 56, 64]: group_norm(32)"
    sees_map = True

    groups: Positive = Field(32, description="groups of channels with statistics of their own")
    eps: Epsilon = Field(1e-5, description="added to the variance")

    def shape(self, *inputs: Shape) -> Shape:
        channels = self.channels(inputs[0])
        if channels % self.groups:
            raise Misfit(
                codes.IndivisibleChannels,
                argument="groups",
                what="groups",
                divisor=self.groups,
                whole="the channels",
                size=str(channels),
            )
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = (self.channels(inputs[0]),)
        return (Weight("gamma", shape, self.trainable), Weight("beta", shape, self.trainable))


class InstanceNorm(_Affine):
    """Instance normalisation: each channel over its own map (Ulyanov et al. 2016, arXiv:1607.08022).

    PyTorch's ``InstanceNorm2d`` has neither gain nor offset unless told so: here that is
    ``instance_norm(scale=false, center=false)``.
    """

    name = "instance_norm"
    aliases = ("InstanceNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "InstanceNormalization")
    example = "[64, 64, 128] -> [64, 64, 128]: instance_norm"
    sees_map = True

    eps: Epsilon = Field(1e-5, description="added to the variance")

    def shape(self, *inputs: Shape) -> Shape:
        spatial_rank(inputs[0])
        return super().shape(*inputs)


class RmsNorm(_Norm):
    """Division by the root of the mean square over the last axis (Zhang & Sennrich 2019, arXiv:1910.07467)."""

    name = "rms_norm"
    aliases = ("RMSNormalization", "RMSNorm", "rmsnorm")
    example = "[197, 768] -> [197, 768]: rms_norm"

    eps: Epsilon = Field(1e-6, description="added to the mean square")
    scale: bool = Field(True, description="whether channels are multiplied by a learned `scale`")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("scale", (self.channels(inputs[0]),), self.trainable),) if self.scale else ()

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return _last(output)


class LocalResponseNorm(Op):
    """Division by the activity of neighbouring channels (AlexNet, Krizhevsky et al. 2012).

    ``x / (k + a * sum of squares over size channels) ^ beta``. Caffe and PyTorch take ``alpha`` for the whole window,
    ``a = alpha / size``, which is the default here; the paper writes it for each channel, ``a = alpha``, with
    ``k=2``: ``local_response_norm(5, alpha=1e-4, beta=0.75, k=2, divide=false)``. Beyond the first and the last
    channel there are zeros; an even ``size`` reaches one channel further down than up.
    """

    name = "local_response_norm"
    family = "normalisation"
    aliases = ("LocalResponseNorm", "lrn", "local_response_normalization")
    positional = ("size",)
    example = "[55, 55, 96] -> [55, 55, 96]: local_response_norm(5)"
    backprop_reads = INPUT | OUTPUT
    keeps_sign = True

    size: Annotated[int, Field(gt=0, le=1024), Wanted("an int between 1 and 1024")] = Field(
        5, description="how many channels are added up"
    )
    alpha: float = Field(1e-4, ge=0, description="weight of the squares")
    beta: float = Field(0.75, ge=0, description="exponent of the divisor")
    k: float = Field(1.0, gt=0, description="added to the weighted squares")
    divide: bool = Field(True, description="whether `alpha` is divided by `size`, as Caffe and PyTorch do")

    def shape(self, *inputs: Shape) -> Shape:
        if not inputs[0]:
            raise Misfit(codes.WrongRank, wanted="[…, channels]", shape=show(inputs[0]))
        known_channels(inputs[0])
        return inputs[0]

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return _last(output)


def _last(shape: Shape) -> tuple[Sight, ...]:
    """All of the last axis, and no neighbours along the others."""
    return (*(SAME,) * (len(shape) - 1), WHOLE)
