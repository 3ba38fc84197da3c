"""Poolings: a map becomes smaller, or one value, by the maximum or the mean of its windows."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape
from archdsl.ops.base import INPUT, OUTPUT, Misfit, Op, Sizes, known, per_axis, spatial_rank
from archdsl.ops.reach import SAME, WHOLE, Layout, Sight, resampled
from archdsl.ops.sliding import Pad, Pairs, larger_than_map, overhang, pad_pairs, reaches, slide, uncovered


class _Pooling(Op):
    """Base of poolings by windows."""

    family = "pooling"
    keeps_sign = True

    k: Sizes = Field(description="size of the window")
    stride: Sizes | None = Field(None, description="step of the window; its size when not given")
    pad: Pad = Field("same", description='"same" (TensorFlow\'s rule), "valid", or numbers (PyTorch\'s rule)')
    ceil_mode: bool = Field(False, description="whether a last window may reach beyond the far edge, as in PyTorch")

    @property
    def step(self) -> int | tuple[int, ...]:
        """The stride, by default the window's size."""
        return self.k if self.stride is None else self.stride

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = spatial_rank(x)
        if not isinstance(self.pad, str):
            for pads, k in zip(pad_pairs(self.pad, rank), per_axis(self.k, rank, "k"), strict=True):
                if max(pads) >= k:
                    raise Misfit(codes.PadTooLarge, argument="pad", pad=str(max(pads)), k=str(k))
        return (*slide(x, self.k, self.step, self.edges(x)), x[-1])

    def edges(self, x: Shape) -> Literal["same", "valid"] | Pairs:
        """The padding: the rule of ``pad``, or its numbers with the overhang of ``ceil_mode``."""
        if not self.ceil_mode:
            return self.pad if isinstance(self.pad, str) else pad_pairs(self.pad, spatial_rank(x))
        return tuple((before, after + extra) for (before, after), extra in zip(*self.overhang(x), strict=True))

    def overhang(self, x: Shape) -> tuple[Pairs, tuple[int, ...]]:
        """The numbers of ``pad``, and how far the last window reaches beyond them in each spatial dimension."""
        if self.pad == "same":
            help_ = ('`pad="same"` rounds sizes up by itself; PyTorch\'s default is `pad=0`',)
            raise Misfit(codes.NeedsArgument, argument="ceil_mode", given="ceil_mode", missing="pad", help=help_)
        rank = spatial_rank(x)
        pads = pad_pairs(0 if isinstance(self.pad, str) else self.pad, rank)
        windows = zip(x, per_axis(self.k, rank, "k"), per_axis(self.step, rank, "stride"), pads, strict=False)
        return pads, tuple(overhang(n, k, stride, *pad) for n, k, stride, pad in windows)

    def doubts(self, *inputs: Shape) -> Iterator[Misfit]:
        yield from larger_than_map(inputs[0], self.k)
        yield from uncovered(inputs[0], self.k, self.step, self.edges(inputs[0]))

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*reaches(inputs[0], self.k, self.step, self.edges(inputs[0])), SAME)


class MaxPool(_Pooling):
    """The largest value of each window and channel. Padding never wins: it counts as minus infinity."""

    name = "max_pool"
    aliases = ("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "MaxPool2d", "maxpool")
    positional = ("k", "stride")
    example = "[112, 112, 64] -> [56, 56, 64]: max_pool(3, stride=2)"
    backprop_reads = INPUT | OUTPUT


class AvgPool(_Pooling):
    """The mean of each window and channel.

    With ``pad="same"`` the mean is over what lies inside the map, TensorFlow's rule. With numbers the zeros of the
    padding count, PyTorch's default, unless ``count_pad=false``; what ``ceil_mode`` lets a window reach beyond them
    never does.
    """

    name = "avg_pool"
    aliases = (
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "AvgPool2d",
        "average_pool",
        "avgpool",
        "mean_pool",
    )
    positional = ("k", "stride")
    example = "[56, 56, 128] -> [28, 28, 128]: avg_pool(2)"

    count_pad: bool = Field(True, description="with a numeric `pad`: whether its zeros count in the mean")

    @property
    def averages(self) -> bool:  # type: ignore[override]  # of other ops it does not depend on arguments
        """Whether the mean excludes zeros of the padding."""
        pads = self.pad if isinstance(self.pad, tuple) else (self.pad,)
        return isinstance(self.pad, str) or not self.count_pad or all(pad in (0, (0, 0)) for pad in pads)


class _GlobalPooling(Op):
    """Pooling of the whole map, whatever its size."""

    family = "pooling"
    keeps_sign = True

    keepdims: bool = Field(False, description="whether the spatial dimensions stay, with size 1")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = spatial_rank(x)
        return (*(1,) * rank, x[-1]) if self.keepdims else (x[-1],)

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*(WHOLE,) * (len(inputs[0]) - 1), SAME)

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return layout if self.keepdims else layout[-1:]


class GlobalAvgPool(_GlobalPooling):
    """The mean of each channel over the whole map, in place of dense layers (Lin et al. 2013, arXiv:1312.4400)."""

    name = "global_avg_pool"
    aliases = (
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "global_average_pool",
        "gap",
    )
    example = "[7, 7, 2048] -> [2048]: global_avg_pool"


class GlobalMaxPool(_GlobalPooling):
    """The largest value of each channel over the whole map."""

    name = "global_max_pool"
    aliases = ("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "gmp")
    example = "[7, 7, 2048] -> [2048]: global_max_pool"
    backprop_reads = INPUT | OUTPUT


class AdaptiveAvgPool(Op):
    """Means over as many windows as the output has elements: pyramid pooling, PyTorch's fixed-size heads.

    Output ``i`` of ``size`` is the mean from ``floor(i * n / size)`` to ``ceil((i + 1) * n / size)``: where the size
    does not divide the map, windows differ by one in length and may overlap.
    """

    name = "adaptive_avg_pool"
    family = "pooling"
    aliases = ("AdaptiveAveragePooling2D", "AdaptiveAvgPool2d", "adaptive_average_pool")
    positional = ("size",)
    example = "[13, 13, 256] -> [6, 6, 256]: adaptive_avg_pool(6)"
    keeps_sign = True
    averages = True

    size: Sizes = Field(description="size of the output's map")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        for dim in x[: spatial_rank(x)]:
            known(dim, "the map")
        return (*per_axis(self.size, spatial_rank(x), "size"), x[-1])

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        sizes = zip(inputs[0][:-1], output[:-1], strict=True)
        # From floor(i * n / m) to ceil((i + 1) * n / m) - 1.
        return (
            *(resampled(known(n, "the map"), known(m, "the map"), 0, known(n, "the map") - 1) for n, m in sizes),
            SAME,
        )
