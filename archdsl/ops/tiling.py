"""Ops that cut a map into blocks: onto channels and back, into windows and back."""

from collections.abc import Sequence
from math import prod
from typing import Literal, TypeAlias

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements, show
from archdsl.ops.axes import at_most_one_unknown
from archdsl.ops.base import Misfit, Op, Sizes, known, per_axis, spatial_rank
from archdsl.ops.reach import WHOLE, Layout, Part, Reach, Sight, merged, resampled
from archdsl.ops.reshape import MapSize

Order: TypeAlias = Literal["hwc", "whc", "chw"]


def blocks(dims: Shape, size: tuple[int, ...], what: str, argument: str) -> tuple[Dim, ...]:
    """How many blocks of ``size`` lie along each spatial dimension."""
    if any(dim % block for dim, block in zip(dims, size, strict=True)):
        divisor = str(size[0]) if len(set(size)) == 1 else show(size)
        raise Misfit(codes.IndivisibleMap, argument=argument, what=what, divisor=divisor, shape=show(dims))
    return tuple(dim // block for dim, block in zip(dims, size, strict=True))


class _Shuffle(Op):
    """Base of both directions: how the positions of a block map to channels.

    The letters of ``order`` go from what varies slowest to what varies fastest, at any rank:

    - "hwc": places row by row, each with all its channels, as in TensorFlow;
    - "whc": places column by column, each with all its channels, as in Swin's patch merging;
    - "chw": each channel with all its places, as in PyTorch's pixel shuffle.
    """

    family = "shape"
    positional = ("size",)
    keeps_sign = True

    size: Sizes = Field(2, description="size of a block, for all spatial dimensions or for each")
    order: Order = Field(
        "hwc",
        description='order of the channels of a block, slowest to fastest: "hwc" (TensorFlow), "whc" (Swin\'s patch '
        'merging) or "chw" (PyTorch)',
    )


class SpaceToDepth(_Shuffle):
    """Each block of places becomes one place with the channels of all of them; see ``order`` for which is which."""

    name = "space_to_depth"
    aliases = ("PixelUnshuffle", "pixel_unshuffle", "reorg", "focus", "patch_merge")
    example = "[56, 56, 96] -> [28, 28, 384]: space_to_depth(2)"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        size = per_axis(self.size, spatial_rank(x), "size")
        return (*blocks(x[:-1], size, "size", "size"), x[-1] * prod(size))

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        size = per_axis(self.size, len(output) - 1, "size")
        return (*(Reach.window(block, stride=block) for block in size), WHOLE)


class DepthToSpace(_Shuffle):
    """The inverse of ``space_to_depth``: sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158)."""

    name = "depth_to_space"
    aliases = ("PixelShuffle", "pixel_shuffle", "subpixel")
    example = "[28, 28, 256] -> [56, 56, 64]: depth_to_space(2)"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        size = per_axis(self.size, spatial_rank(x), "size")
        channels = known(x[-1], "the channels")
        if channels % prod(size):
            raise Misfit(
                codes.IndivisibleChannels,
                argument="size",
                what="the block",
                divisor=prod(size),
                whole="the channels",
                size=str(channels),
            )
        return (*(dim * block for dim, block in zip(x, size, strict=False)), channels // prod(size))

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        size = per_axis(self.size, len(output) - 1, "size")
        return (*(resampled(1, block, 0, 0) for block in size), WHOLE)


class WindowPartition(Op):
    """Cuts a map into windows: ``[h, w, c]`` becomes ``[windows, window * window, c]``.

    Windows, and the places inside each, follow one another row by row (Swin, Liu et al. 2021, arXiv:2103.14030).
    """

    name = "window_partition"
    family = "shape"
    keeps_sign = True
    aliases = ("partition_windows", "to_windows", "unfold")
    positional = ("window",)
    example = "[56, 56, 96] -> [64, 49, 96]: window_partition(7)"

    window: Sizes = Field(description="size of a window, for all spatial dimensions or for each")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        window = per_axis(self.window, spatial_rank(x), "window")
        return (elements(blocks(x[:-1], window, "window", "window")), prod(window), x[-1])

    def needs(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return blocks(x[:-1], per_axis(self.window, spatial_rank(x), "window"), "window", "window")

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        *places, channels = layout
        sizes = per_axis(self.window, len(places), "window")
        cut = [(part, size) for parts, size in zip(places, sizes, strict=True) for part in parts]
        if len(cut) != len(places) or any(part.block for part, _ in cut):
            return (merged(layout[:-1]), merged(layout[:-1]), channels)
        windows, inside = _in_windows(tuple(part.axis for part, _ in cut), sizes)
        return (windows, inside, channels)


class WindowMerge(Op):
    """Puts windows back together, the inverse of ``window_partition``: ``[windows, n, c]`` becomes ``[h, w, c]``."""

    name = "window_merge"
    family = "shape"
    keeps_sign = True
    aliases = ("window_reverse", "window_unpartition", "merge_windows", "fold")
    positional = ("window", "size")
    example = "[64, 49, 96] -> [56, 56, 96]: window_merge(7, [56, 56])"

    window: Sizes = Field(description="size of a window, for all spatial dimensions or for each")
    size: MapSize = Field(description="spatial dimensions of the map that was cut")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise Misfit(codes.WrongRank, wanted="[windows, places, c]", shape=show(x))
        window = per_axis(self.window, len(self.size), "window")
        expected = (elements(blocks(self.size, window, "window", "window")), prod(window))
        if x[:2] != expected:
            raise Misfit(
                codes.SizeMismatch,
                argument="size",
                wanted=f"a map {show(self.size)}",
                shape=show(x),
                reason=f"the map has {expected[0]} windows of {expected[1]} places",
            )
        at_most_one_unknown(self.size, argument="size")
        return (*self.size, x[-1])

    def needs(self, *inputs: Shape) -> Shape:
        return blocks(self.size, per_axis(self.window, len(self.size), "window"), "window", "window")

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        windows, inside, channels = layout
        axes = tuple(range(len(self.size)))
        if (windows, inside) == _in_windows(axes, per_axis(self.window, len(axes), "window")):
            return (*(frozenset([Part(axis)]) for axis in axes), channels)
        return (*(merged((windows, inside)),) * len(axes), channels)


def _in_windows(axes: tuple[int, ...], sizes: tuple[int, ...]) -> Layout:
    """The layout of windows, and of the positions inside them."""
    windows = frozenset(Part(axis, -1) for axis in axes)
    return (windows, frozenset(Part(axis, size) for axis, size in zip(axes, sizes, strict=True)))
