"""Blocks to channels and back, maps to windows and back: reshape, transpose, reshape.

A map cut into blocks has for each spatial dimension an axis that counts blocks and one for the places in a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archdsl.backends.onnx.program import Value
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.graph.dims import Dim, Shape
from archdsl.ops.base import per_axis
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition

_Axis = tuple[str, int]
"""``("blocks", i)``, ``("places", i)`` or ``("channels", 0)``."""
_CHANNELS: Final[_Axis] = ("channels", 0)


def _blocks(rank: int) -> list[_Axis]:
    return [("blocks", i) for i in range(rank)]


def _places(rank: int) -> list[_Axis]:
    return [("places", i) for i in range(rank)]


def _inside(rank: int, order: str) -> list[_Axis]:
    """The axes within a block, slowest to fastest."""
    places = _places(rank)
    return {"hwc": [*places, _CHANNELS], "whc": [*places[::-1], _CHANNELS], "chw": [_CHANNELS, *places]}[order]


def _map(rank: int, first: bool) -> list[_Axis]:
    """The axes of a map, each split in two."""
    cut = [axis for pair in zip(_blocks(rank), _places(rank), strict=True) for axis in pair]
    return [_CHANNELS, *cut] if first else [*cut, _CHANNELS]


def _sizes(channels: Dim, counts: Sequence[Dim | str], block: Sequence[int]) -> dict[_Axis, Dim | str]:
    rank = len(block)
    blocks, places = zip(_blocks(rank), counts, strict=True), zip(_places(rank), block, strict=True)
    return {_CHANNELS: channels, **dict(blocks), **dict(places)}


def _moved(
    site: Site,
    x: str,
    before: Sequence[_Axis],
    after: Sequence[_Axis],
    sizes: dict[_Axis, Dim | str],
    *shape: Dim | str,
) -> str:
    """``x`` reshaped to these sizes, transposed, and reshaped again."""
    cut = site.reshape(x, *(sizes[axis] for axis in before))
    order = (0, *(before.index(axis) + 1 for axis in after))
    return site.reshape(site.emit("Transpose", cut, perm=order), *shape)


def _counts(site: Site, x: str, dims: Shape, size: Sequence[int], *, times: bool = False) -> list[Dim | str]:
    """The number of blocks along each dimension of the input or, with ``times``, the sizes of the output."""
    if sum(not isinstance(n, int) for n in dims) < 2:
        return [n * s if times else n // s for n, s in zip(dims, size, strict=True)]
    kind = "Mul" if times else "Div"
    return [
        site.emit(kind, site.length(x, site.axis(index)), site.ints(s))
        if not isinstance(n, int)
        else (n * s if times else n // s)
        for index, (n, s) in enumerate(zip(dims, size, strict=True))
    ]


def _arranged(site: Site, spatial: Sequence[Dim | str], channels: Dim | str) -> list[Dim | str]:
    return [channels, *spatial] if site.first else [*spatial, channels]


@lowers(SpaceToDepth, takes=AS_THEY_COME)
def space_to_depth(op: SpaceToDepth, site: Site, x: str) -> str:
    rank, (*dims, channels) = site.rank, site.inputs[0]
    size = per_axis(op.size, rank, "size")
    counts = _counts(site, x, tuple(dims), size)
    inside = _inside(rank, op.order)
    after = [*inside, *_blocks(rank)] if site.first else [*_blocks(rank), *inside]
    sizes = _sizes(channels, counts, size)
    return _moved(site, x, _map(rank, site.first), after, sizes, *_arranged(site, counts, site.output[-1]))


@lowers(DepthToSpace, takes=AS_THEY_COME)
def depth_to_space(op: DepthToSpace, site: Site, x: str) -> str:
    rank, dims = site.rank, site.inputs[0][:-1]
    size, channels = per_axis(op.size, rank, "size"), site.output[-1]
    counts = _counts(site, x, dims, (1,) * rank)
    inside = _inside(rank, op.order)
    before = [*inside, *_blocks(rank)] if site.first else [*_blocks(rank), *inside]
    sizes = _sizes(channels, counts, size)
    grown = _counts(site, x, dims, size, times=True)
    return _moved(site, x, before, _map(rank, site.first), sizes, *_arranged(site, grown, channels))


@lowers(WindowPartition, takes=AS_THEY_COME)
def window_partition(op: WindowPartition, site: Site, x: str) -> Value:
    rank, (*dims, channels) = site.rank, site.inputs[0]
    window = per_axis(op.window, rank, "window")
    counts = _counts(site, x, tuple(dims), window)
    after = [*_blocks(rank), *_places(rank), _CHANNELS]
    sizes = _sizes(channels, counts, window)
    return Value(_moved(site, x, _map(rank, site.first), after, sizes, *site.output))


@lowers(WindowMerge)
def window_merge(op: WindowMerge, site: Site, x: str) -> str:
    *dims, channels = site.output
    rank = len(dims)
    window = per_axis(op.window, rank, "window")
    counts = [n // size for n, size in zip(dims, window, strict=True)]
    before = [*_blocks(rank), *_places(rank), _CHANNELS]
    sizes = _sizes(channels, counts, window)
    return _moved(site, x, before, _map(rank, first=False), sizes, *site.output)
