"""Blocks onto channels and back, maps into windows and back."""

from __future__ import annotations

from archdsl.backends.keras.layers import tiling
from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.base import per_axis
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition


@lowers(SpaceToDepth)
def space_to_depth(op: SpaceToDepth, site: Site) -> Layers:
    return tiling.SpaceToDepth(per_axis(op.size, site.rank, "size"), op.order, name=site.path)


@lowers(DepthToSpace)
def depth_to_space(op: DepthToSpace, site: Site) -> Layers:
    return tiling.DepthToSpace(per_axis(op.size, site.rank, "size"), op.order, name=site.path)


@lowers(WindowPartition)
def window_partition(op: WindowPartition, site: Site) -> Layers:
    return tiling.WindowPartition(per_axis(op.window, site.rank, "window"), name=site.path)


@lowers(WindowMerge)
def window_merge(op: WindowMerge, site: Site) -> Layers:
    window = per_axis(op.window, len(op.size), "window")
    return tiling.WindowMerge(window, [n if isinstance(n, int) else None for n in op.size], name=site.path)
