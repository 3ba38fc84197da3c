"""Convolutions, over 1, 2 or 3 spatial dimensions as the input has them."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import ClassVar

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.diagnostics.catalogue.habits import ChannelsAsKernel
from archdsl.graph.dims import Dim, Shape, elements, show
from archdsl.ops.base import INPUT, Misfit, Positive, Sizes, Weight, Weighted, known, per_axis, spatial_rank
from archdsl.ops.reach import WHOLE, Sight
from archdsl.ops.sliding import Numbers, Pad, larger_than_map, reaches, slide, uncovered

_KERNELS = 12
"""Between the kernels that are usual and the numbers of channels that are."""


class ConvBase(Weighted):
    """What all convolutions share. The arguments are those of the notation in the papers' tables."""

    family = "convolution"
    backprop_reads = INPUT
    depth = 1

    k: Sizes = Field(3, description="kernel size")
    stride: Sizes = Field(1, description="step of the kernel")
    pad: Pad = Field("same", description='"same" (TensorFlow\'s rule), "valid", or numbers (PyTorch\'s rule)')
    bias: bool = Field(True, description="whether a bias is added to each channel")

    def taps(self, shape: Shape) -> tuple[int, ...]:
        return per_axis(self.k, spatial_rank(shape), "k")

    def doubts(self, *inputs: Shape) -> Iterator[Misfit]:
        """``conv(64, 64, 3)`` after 64 channels is PyTorch's argument order."""
        filters, k, stride = getattr(self, "filters", None), self.k, self.stride
        is_foreign = filters == inputs[0][-1] and "stride" in self.model_fields_set
        if is_foreign and isinstance(k, int) and isinstance(stride, int) and stride < _KERNELS < k:
            help_ = f"write `{self.name}({k}, k={stride})`"
            yield Misfit(ChannelsAsKernel, argument="k", k=str(k), stride=str(stride), help=(help_,))

    def biases(self, channels: int) -> tuple[Weight, ...]:
        return (Weight("bias", (channels,), self.trainable),) if self.bias else ()


class _Convolution(ConvBase):
    """A convolution that keeps or reduces the size of the map."""

    dilation: Sizes = Field(1, description="distance between taps of the kernel")

    def doubts(self, *inputs: Shape) -> Iterator[Misfit]:
        found = [*super().doubts(*inputs)]
        yield from found or larger_than_map(inputs[0], self.k)
        yield from uncovered(inputs[0], self.k, self.stride, self.pad, self.dilation)

    def spatial(self, shape: Shape) -> Shape:
        out = slide(shape, self.k, self.stride, self.pad, self.dilation)
        if _largest(self.stride) > 1 and _largest(self.dilation) > 1:
            stride, dilation = _shown(self.stride), _shown(self.dilation)
            raise Misfit(codes.StrideWithDilation, argument="dilation", stride=stride, dilation=dilation)
        return out

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*reaches(inputs[0], self.k, self.stride, self.pad, self.dilation), WHOLE)


def _largest(numbers: Numbers) -> int:
    return max(numbers) if isinstance(numbers, tuple) else numbers


def _is_uneven(numbers: Numbers) -> bool:
    return isinstance(numbers, tuple) and len(set(numbers)) > 1


def _shown(numbers: Numbers) -> str:
    return str(list(numbers) if isinstance(numbers, tuple) else numbers)


class _OwnOrGiven(_Convolution):
    """A convolution that owns its kernel, or takes it as a tensor."""

    tensors = ("kernel",)
    arity = (1, 2)
    kernel_axes: ClassVar[str]
    """What the axes of a given kernel are."""

    def fits(self, kernels: Sequence[Shape], wanted: Shape) -> None:
        """Raises ``Misfit`` if a given kernel has the wrong shape, or the op has arguments for a kernel of its own."""
        for shape in kernels:
            for argument, is_given in (("init", self.init is not None), ("l2", self.l2 != 0)):
                if is_given:
                    reason = f"has `{argument}` besides `kernel`, and no kernel of its own"
                    help_ = f"give `{argument}` to the `parameter` that the kernel is made of"
                    raise Misfit(codes.BadKernel, argument=argument, reason=reason, help=(help_,))
            if shape != wanted:
                reason = f"needs a kernel {show(wanted)}, not {show(shape)}"
                raise Misfit(codes.BadKernel, argument="kernel", reason=reason, help=(f"it is {self.kernel_axes}",))


class Conv(_OwnOrGiven):
    """Convolution: every output channel looks at a window of all input channels, or of its group's.

    The kernel is the op's own, or the tensor ``kernel`` of shape ``[*k, channels / groups, filters]``: a filter of
    constants, a learned one that is normalised first (weight standardisation, Qiao et al. 2019, arXiv:1903.10520:
    ``std.standardized``), or one that is computed for each example (CondConv, Yang et al. 2019, arXiv:1904.04971).

    MACs: ``output elements * taps * input channels / groups``; a bias adds none.
    """

    name = "conv"
    aliases = ("Conv1D", "Conv2D", "Conv3D", "conv2d", "Conv2d", "convolution")
    positional = ("filters", "k", "stride")
    example = "[56, 56, 64] -> [28, 28, 128]: conv(128, k=3, stride=2)"

    kernel_axes = "[*k, channels / groups, filters]"

    filters: Positive = Field(description="output channels")
    groups: Positive = Field(1, description="groups of channels that do not see each other (AlexNet, ResNeXt)")

    def shape(self, *inputs: Shape) -> Shape:
        x, *kernels = inputs
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
        self.fits(kernels, self._kernel(x))
        return (*out, self.filters)

    def _kernel(self, x: Shape) -> tuple[int, ...]:
        return (*self.taps(x), known(x[-1], "the channels") // self.groups, self.filters)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        own = (Weight("kernel", self._kernel(inputs[0]), self.trainable),) if len(inputs) == 1 else ()
        return (*own, *self.biases(self.filters))

    def input_axis(self, weight: str) -> int | None:
        return -2 if weight == "kernel" and self.groups == 1 else None

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        x = inputs[0]
        return elements(output) * prod(self.taps(x)) * (known(x[-1], "the channels") // self.groups)


class DepthwiseConv(_OwnOrGiven):
    """Depthwise convolution: every channel has a kernel of its own and sees no other (Chollet 2017, arXiv:1610.02357).

    Output channel ``c * multiplier + m`` is made by the ``m``-th kernel of input channel ``c``. The kernels are the
    op's own, or the tensor ``kernel``, such as the filter that blurs a map before its places are thinned out (Zhang
    2019, arXiv:1904.11486). They have the shape ``[*k, 1, channels * multiplier]``, which is that of a convolution with
    as many groups as channels.

    MACs: ``output elements * taps``.
    """

    name = "depthwise_conv"
    kind = "depthwise convolution"
    aliases = (
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "depthwise_conv2d",
        "dwconv",
        "depthwise",
    )
    positional = ("k", "stride")
    example = "[56, 56, 96] -> [28, 28, 96]: depthwise_conv(3, stride=2)"

    kernel_axes = "[*k, 1, channels * multiplier]"

    multiplier: Positive = Field(1, description="output channels for each input channel")

    def shape(self, *inputs: Shape) -> Shape:
        x, *kernels = inputs
        out = self.spatial(x)
        self.fits(kernels, self._kernel(x))
        return (*out, self._filters(x))

    def _filters(self, x: Shape) -> int:
        return known(x[-1], "the channels") * self.multiplier

    def _kernel(self, x: Shape) -> tuple[int, ...]:
        return (*self.taps(x), 1, self._filters(x))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        own = (Weight("kernel", self._kernel(inputs[0]), self.trainable),) if len(inputs) == 1 else ()
        return (*own, *self.biases(self._filters(inputs[0])))

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        return elements(output) * prod(self.taps(inputs[0]))


class SeparableConv(_Convolution):
    """Depthwise separable convolution: depthwise, then 1x1, with nothing between (Chollet 2017, arXiv:1610.02357).

    Where a norm or an activation stands between the two, as in MobileNet, write ``depthwise_conv`` and ``conv``.

    MACs: ``output places * channels between * (taps + filters)``.
    """

    name = "separable_conv"
    aliases = ("SeparableConv1D", "SeparableConv2D", "separable_conv2d", "sepconv")
    positional = ("filters", "k", "stride")
    example = "[147, 147, 64] -> [147, 147, 128]: separable_conv(128, k=3, bias=false)"
    depth = 2

    filters: Positive = Field(description="output channels")
    multiplier: Positive = Field(1, description="channels between the two, for each input channel")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if spatial_rank(x) == 3:
            raise Misfit(
                codes.WrongRank,
                wanted="[l, c] or [h, w, c]",
                shape=show(x),
                help=(self._apart(),),
            )
        known(x[-1], "the channels")
        out = self.spatial(x)
        if _is_uneven(self.stride):
            raise Misfit(codes.UnevenStride, argument="stride", stride=_shown(self.stride), help=(self._apart(),))
        return (*out, self.filters)

    def _apart(self) -> str:
        k, stride = _shown(self.k), _shown(self.stride)
        return f"write `depthwise_conv({k}, stride={stride}, bias=false) -> conv({self.filters}, k=1)`"

    def _between(self, x: Shape) -> int:
        return known(x[-1], "the channels") * self.multiplier

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        taps = self.taps(x)
        depthwise = (*taps, 1, self._between(x))
        pointwise = (*(1 for _ in taps), self._between(x), self.filters)
        return (
            Weight("depthwise_kernel", depthwise, self.trainable),
            Weight("pointwise_kernel", pointwise, self.trainable),
            *self.biases(self.filters),
        )

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        x = inputs[0]
        return elements(output[:-1]) * self._between(x) * (prod(self.taps(x)) + self.filters)

    def activations(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        return elements(output[:-1]) * (self._between(inputs[0]) + self.filters)

    def between(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """The output of the depthwise convolution."""
        return elements(output[:-1]) * self._between(inputs[0])
