"""Blocks to channels and back, maps to windows and back: layers only where sizes are known only at run time."""

from __future__ import annotations

from archdsl.backends.keras.layers import tiling
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.graph.dims import Shape
from archdsl.ops.base import per_axis
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition


def _is_known(shape: Shape) -> bool:
    return all(isinstance(dim, int) for dim in shape)


@lowers(SpaceToDepth)
def space_to_depth(op: SpaceToDepth, site: Site, x: Tensor) -> Tensor:
    size = per_axis(op.size, site.rank, "size")
    if _is_known(site.inputs[0]):
        return tiling.space_to_depth(x, size, op.order)
    return tiling.SpaceToDepth(size, op.order, name=site.path)(x)


@lowers(DepthToSpace)
def depth_to_space(op: DepthToSpace, site: Site, x: Tensor) -> Tensor:
    size = per_axis(op.size, site.rank, "size")
    if _is_known(site.inputs[0]):
        return tiling.depth_to_space(x, size, op.order)
    return tiling.DepthToSpace(size, op.order, name=site.path)(x)


@lowers(WindowPartition)
def window_partition(op: WindowPartition, site: Site, x: Tensor) -> Tensor:
    window = per_axis(op.window, site.rank, "window")
    if _is_known(site.inputs[0]):
        return tiling.window_partition(x, window)
    return tiling.WindowPartition(window, name=site.path)(x)


@lowers(WindowMerge)
def window_merge(op: WindowMerge, site: Site, x: Tensor) -> Tensor:
    window = per_axis(op.window, len(op.size), "window")
    size = [n if isinstance(n, int) else None for n in op.size]
    if _is_known(site.output):
        return tiling.window_merge(x, window, size)
    return tiling.WindowMerge(window, size, name=site.path)(x)
