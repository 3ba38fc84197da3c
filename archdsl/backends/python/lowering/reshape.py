"""Reshapes, blocks and windows of maps. Keras infers one size known only at run time."""

from __future__ import annotations

from archdsl.backends.code.values import Code, Literal, make
from archdsl.backends.python.registry import Lowered, Site, called, expression, is_known, lowers, own, sizes
from archdsl.graph.dims import Sym
from archdsl.ops.base import Op, per_axis
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition


@lowers(Flatten)
def flatten(op: Flatten, site: Site) -> Lowered:
    rank = len(site.inputs[0])
    if op.order != "chw" or rank == 1:
        return called("Flatten")
    order = (rank, *range(1, rank))
    return Lowered(Code(f"{{self}}(layers.Permute({order})({{0}}))"), make("layers.Flatten"))


@lowers(UnflattenSpatial)
def unflatten_spatial(op: Op, site: Site) -> Lowered:
    if sum(not isinstance(dim, int) for dim in site.output) < 2:
        return reshape(op, site)
    return Lowered(Code("{self}([{0}, {1}])"), make("UnflattenLike"), frozenset({"UnflattenLike"}))


@lowers(FlattenSpatial)
def flatten_spatial(op: FlattenSpatial, site: Site) -> Lowered:
    return called("Reshape", ("target_shape", sizes((Sym.named("tokens"), site.output[-1]))))


@lowers(Reshape)
def reshape(op: Op, site: Site) -> Lowered:
    return called("Reshape", ("target_shape", sizes(site.output)))


@lowers(Permute)
def permute(op: Permute, site: Site) -> Lowered:
    return called("Permute", ("dims", tuple(axis + 1 for axis in op.order)))


@lowers(SpaceToDepth)
def space_to_depth(op: SpaceToDepth, site: Site) -> Lowered:
    size = per_axis(op.size, site.rank, "size")
    if is_known(site.inputs[0]):
        return expression("space_to_depth({0}, {size}, {order})", "space_to_depth", size=size, order=op.order)
    return own("SpaceToDepth", ("size", size), ("order", op.order))


@lowers(DepthToSpace)
def depth_to_space(op: DepthToSpace, site: Site) -> Lowered:
    size = per_axis(op.size, site.rank, "size")
    if is_known(site.inputs[0]):
        return expression("depth_to_space({0}, {size}, {order})", "depth_to_space", size=size, order=op.order)
    return own("DepthToSpace", ("size", size), ("order", op.order))


@lowers(WindowPartition)
def window_partition(op: WindowPartition, site: Site) -> Lowered:
    window = per_axis(op.window, site.rank, "window")
    if is_known(site.inputs[0]):
        return expression("window_partition({0}, {window})", "window_partition", window=window)
    return own("WindowPartition", ("window", window))


@lowers(WindowMerge)
def window_merge(op: WindowMerge, site: Site) -> Lowered:
    window = per_axis(op.window, len(op.size), "window")
    size: Literal = tuple(n if isinstance(n, int) else None for n in op.size)
    if is_known(site.output):
        return expression("window_merge({0}, {window}, {size})", "window_merge", window=window, size=size)
    return own("WindowMerge", ("window", window), ("size", size))
