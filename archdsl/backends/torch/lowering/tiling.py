"""Blocks and windows, by functions of the file."""

from __future__ import annotations

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.registry import FIRST, LAST, Orders, Site, known_sizes, lowers
from archdsl.graph.dims import Shape
from archdsl.ops.base import per_axis
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition

_LAST = Orders(takes=LAST, gives=LAST)


def _is_pixels(op: SpaceToDepth | DepthToSpace, x: Shape) -> bool:
    """Whether PyTorch has a function for it (pixel shuffle)."""
    return op.order == "chw" and len(x) == 3 and len(set(per_axis(op.size, 2, "size"))) == 1


def _shuffled(op: SpaceToDepth | DepthToSpace, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders(takes=FIRST, gives=FIRST) if _is_pixels(op, inputs[0]) else _LAST


@lowers(SpaceToDepth, orders=_shuffled)
def space_to_depth(op: SpaceToDepth, site: Site) -> Lowered:
    size = per_axis(op.size, site.rank, "size")
    if _is_pixels(op, site.inputs[0]):
        return Lowered(code("F.pixel_unshuffle({0}, {size})", size=size[0]))
    return _helped("space_to_depth", op.order, size)


@lowers(DepthToSpace, orders=_shuffled)
def depth_to_space(op: DepthToSpace, site: Site) -> Lowered:
    size = per_axis(op.size, site.rank, "size")
    if _is_pixels(op, site.inputs[0]):
        return Lowered(code("F.pixel_shuffle({0}, {size})", size=size[0]))
    return _helped("depth_to_space", op.order, size)


def _helped(name: str, order: str, size: tuple[int, ...]) -> Lowered:
    return Lowered(code(f'{name}({{0}}, {{size}}, "{order}")', size=size), helpers=helped(name))


@lowers(WindowPartition, orders=_LAST)
def window_partition(op: WindowPartition, site: Site) -> Lowered:
    window = per_axis(op.window, site.rank, "window")
    return Lowered(code("window_partition({0}, {window})", window=window), helpers=helped("window_partition"))


@lowers(WindowMerge, orders=_LAST)
def window_merge(op: WindowMerge, site: Site) -> Lowered:
    window, size = per_axis(op.window, len(op.size), "window"), known_sizes(op.size)
    return Lowered(
        code("window_merge({0}, {window}, {size})", window=window, size=size), helpers=helped("window_merge")
    )
