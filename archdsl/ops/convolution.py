"""Convolutions, over 1, 2 or 3 spatial dimensions as the input has them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, ceil_div, elements
from archdsl.ops.base import (
    Misfit,
    NonNegative,
    Positive,
    Sizes,
    Wanted,
    Weight,
    Weighted,
    known,
    per_axis,
    positive,
    spatial_rank,
)

Pad = Annotated[
    Literal["same", "valid"]
    | NonNegative
    | Annotated[tuple[NonNegative | tuple[NonNegative, NonNegative], ...], Field(min_length=1, max_length=3)],
    Wanted('"same", "valid", a number, or a list with a number or [before, after] for each spatial dimension'),
]


def pad_pairs(pad: int | tuple[int | tuple[int, int], ...], rank: int) -> tuple[tuple[int, int], ...]:
    """Numeric padding as (before, after) for each spatial dimension."""
    if isinstance(pad, int):
        return ((pad, pad),) * rank
    if len(pad) != rank:
        raise Misfit(codes.WrongCount, argument="pad", name="pad", given=len(pad), wanted=rank)
    return tuple((p, p) if isinstance(p, int) else p for p in pad)


def slide(
    shape: Shape,
    k: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    pad: str | int | tuple[int | tuple[int, int], ...],
    dilation: int | tuple[int, ...] = 1,
) -> Shape:
    """The spatial dimensions left by a sliding window.

    "same" gives ``ceil(n / stride)``; otherwise ``floor((n + before + after - extent) / stride) + 1`` with the dilated
    extent ``(k - 1) * dilation + 1`` (Dumoulin & Visin 2016, arXiv:1603.07285).
    """
    rank = spatial_rank(shape)
    ks, strides = per_axis(k, rank, "k"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    if pad == "same":
        return tuple(ceil_div(n, s) for n, s in zip(shape, strides, strict=False))
    pads = pad_pairs(0 if isinstance(pad, str) else pad, rank)
    out = tuple(
        (n + before + after - (window - 1) * d - 1) // s + 1
        for n, window, s, d, (before, after) in zip(shape, ks, strides, dilations, pads, strict=False)
    )
    return positive(out, shape, argument="k")


class _Convolution(Weighted):
    """What convolutions share. Its arguments are those of the notation in the paper's tables."""

    family: ClassVar[str] = "convolution"
    depth: ClassVar[int] = 1

    k: Sizes = Field(3, description="kernel size")
    stride: Sizes = Field(1, description="step of the kernel")
    pad: Pad = Field("same", description='"same" (TensorFlow\'s rule), "valid", or numbers (PyTorch\'s rule)')
    dilation: Sizes = Field(1, description="distance between taps of the kernel")
    bias: bool = Field(True, description="whether a bias is added to each channel")

    def spatial(self, shape: Shape) -> Shape:
        return slide(shape, self.k, self.stride, self.pad, self.dilation)

    def taps(self, shape: Shape) -> tuple[int, ...]:
        return per_axis(self.k, spatial_rank(shape), "k")


class Conv(_Convolution):
    """Convolution: every output channel looks at a window of all input channels, or of its group's."""

    name: ClassVar[str] = "conv"
    aliases: ClassVar[tuple[str, ...]] = ("Conv1D", "Conv2D", "Conv3D", "conv2d", "Conv2d", "convolution")
    positional: ClassVar[tuple[str, ...]] = ("filters", "k", "stride")
    keras: ClassVar[str] = "Conv1D, Conv2D or Conv3D"
    example: ClassVar[str] = "[56, 56, 64] -> [28, 28, 128]: conv(128, k=3, stride=2)"

    filters: Positive = Field(description="output channels")
    groups: Positive = Field(1, description="groups of channels that do not see each other (AlexNet, ResNeXt)")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        out = self.spatial(x)
        channels = known(x[-1], "the channels")
        for whole, size in (("the input channels", channels), ("the filters", self.filters)):
            if size % self.groups:
                raise Misfit(
                    codes.IndivisibleChannels,
                    argument="groups",
                    what="groups",
                    divisor=self.groups,
                    whole=whole,
                    size=str(size),
                )
        return (*out, self.filters)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        kernel = (*self.taps(x), known(x[-1], "the channels") // self.groups, self.filters)
        bias = (Weight("bias", (self.filters,), self.trainable),) if self.bias else ()
        return (Weight("kernel", kernel, self.trainable), *bias)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        x = inputs[0]
        return elements(output) * prod(self.taps(x)) * (known(x[-1], "the channels") // self.groups)
