"""Ops that move numbers and make none: other shapes, blocks, windows, ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from archdsl.ops import extent, reshape, tiling
from tests.reference.definitions import Array, Call, defines, each, pairs


@defines(reshape.Flatten)
def flatten(op: reshape.Flatten, call: Call) -> Array:
    x = np.moveaxis(call.x, -1, 1) if op.order == "chw" else call.x
    return x.reshape(len(x), -1)


@defines(reshape.Reshape)
def reshape_(op: reshape.Reshape, call: Call) -> Array:
    return call.x.reshape(len(call.x), *map(call.number, op.to))


@defines(reshape.Permute)
def permute(op: reshape.Permute, call: Call) -> Array:
    return call.x.transpose(0, *(axis + 1 for axis in op.order))


@defines(reshape.FlattenSpatial)
def flatten_spatial(op: reshape.FlattenSpatial, call: Call) -> Array:
    return call.x.reshape(len(call.x), -1, call.x.shape[-1])


@defines(reshape.UnflattenSpatial)
def unflatten_spatial(op: reshape.UnflattenSpatial, call: Call) -> Array:
    size = call.inputs[1].shape[1:-1] if op.size is None else [call.number(dim) for dim in op.size]
    return call.x.reshape(len(call.x), *size, call.x.shape[-1])


def _blocks(size: Sequence[int], channels: int, order: str) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """For each place of a block, where its channels lie among those of the block, which vary as ``order`` says."""
    spatial, last = list(range(len(size))), len(size)
    axes = {"hwc": [*spatial, last], "whc": [*reversed(spatial), last], "chw": [last, *spatial]}[order]
    ranges = [range(n) for n in (*size, channels)]
    index = {place: i for i, place in enumerate(product(*(ranges[axis] for axis in axes)))}
    for place in product(*ranges[:-1]):
        yield place, [index[tuple((*place, c)[axis] for axis in axes)] for c in ranges[-1]]


def _every(place: Sequence[int], size: Sequence[int]) -> tuple[slice, ...]:
    """That place in each block of a map."""
    return (slice(None), *(slice(at, None, step) for at, step in zip(place, size, strict=True)))


@defines(tiling.SpaceToDepth)
def space_to_depth(op: tiling.SpaceToDepth, call: Call) -> Array:
    x, size = call.x, each(op.size, call.rank)
    n, channels = [n // s for n, s in zip(x.shape[1:-1], size, strict=True)], x.shape[-1]
    out = np.zeros((len(x), *n, channels * int(np.prod(size))))
    for place, at in _blocks(size, channels, op.order):
        out[..., at] = x[_every(place, size)]
    return out


@defines(tiling.DepthToSpace)
def depth_to_space(op: tiling.DepthToSpace, call: Call) -> Array:
    x, size = call.x, each(op.size, call.rank)
    channels = x.shape[-1] // int(np.prod(size))
    out = np.zeros((len(x), *(n * s for n, s in zip(x.shape[1:-1], size, strict=True)), channels))
    for place, at in _blocks(size, channels, op.order):
        out[_every(place, size)] = x[..., at]
    return out


def _windows(shape: Sequence[int], window: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """The windows of a map, row by row."""
    for corner in product(*(range(0, n, size) for n, size in zip(shape, window, strict=True))):
        yield (slice(None), *(slice(at, at + size) for at, size in zip(corner, window, strict=True)))


@defines(tiling.WindowPartition)
def window_partition(op: tiling.WindowPartition, call: Call) -> Array:
    x = call.x
    windows = [x[part] for part in _windows(x.shape[1:-1], each(op.window, call.rank))]
    return np.stack([part.reshape(len(x), -1, x.shape[-1]) for part in windows], 1)


@defines(tiling.WindowMerge)
def window_merge(op: tiling.WindowMerge, call: Call) -> Array:
    size, channels = tuple(map(call.number, op.size)), call.x.shape[-1]
    window = each(op.window, len(size))
    out = np.zeros((len(call.x), *size, channels))
    for index, part in enumerate(_windows(size, window)):
        out[part] = call.x[:, index].reshape(-1, *window, channels)
    return out


@defines(extent.Pad)
def pad(op: extent.Pad, call: Call) -> Array:
    channels = (0, op.channels) if isinstance(op.channels, int) else op.channels
    sides = [(0, 0), *pairs(op.size, call.rank), channels]
    if op.mode == "reflect":
        return np.pad(call.x, sides, mode="reflect")
    return np.pad(call.x, sides, constant_values=op.value)


@defines(extent.Crop)
def crop(op: extent.Crop, call: Call) -> Array:
    sides = zip(call.x.shape[1:-1], pairs(op.size, call.rank), strict=True)
    return call.x[(slice(None), *(slice(before, n - after) for n, (before, after) in sides))]


@defines(extent.Slice)
def slice_(op: extent.Slice, call: Call) -> Array:
    axis = op.axis if op.axis < 0 else op.axis + 1
    n = call.x.shape[axis]
    first = op.start + n if op.start < 0 else op.start
    if not op.keepdims:
        return call.x.take(first, axis)
    end = n if op.stop is None else op.stop + n if op.stop < 0 else op.stop
    return call.x.take(range(first, end, op.step), axis)


@defines(extent.Roll)
def roll(op: extent.Roll, call: Call) -> Array:
    """What stood at ``i`` stands at ``i + shift``."""
    x = call.x
    for axis, shift in enumerate(each(op.shift, call.rank), 1):
        n = x.shape[axis]
        x = x.take([(i - shift) % n for i in range(n)], axis)
    return x
