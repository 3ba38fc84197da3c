"""Padding, cropping, slicing and rolling."""

from __future__ import annotations

from typing import Any

from keras import ops

from archdsl.backends.keras.layers.functions import reflect_pad
from archdsl.backends.keras.lowering.spatial import bare, by_rank
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.axes import axis_index, side_pairs
from archdsl.ops.base import per_axis
from archdsl.ops.extent import Crop, Pad, Roll, Slice


@lowers(Pad)
def pad(op: Pad, site: Site, x: Tensor) -> Tensor:
    *sides, channels = op.sides(site.inputs[0])
    if op.mode == "reflect":
        return reflect_pad(x, ((0, 0), *sides, channels))
    if op.value == 0 and channels == (0, 0):
        return by_rank("ZeroPadding", site)(bare(sides), name=site.path)(x)
    return ops.pad(x, [(0, 0), *sides, channels], constant_values=op.value)


def _along(axis: int, item: slice | int) -> tuple[slice | int, ...]:
    """The index that takes ``item`` along one axis, counting the batch, and everything along those before it."""
    return (slice(None),) * axis + (item,)


@lowers(Crop)
def crop(op: Crop, site: Site, x: Tensor) -> Tensor:
    return by_rank("Cropping", site)(bare(side_pairs(op.size, site.rank, "size")), name=site.path)(x)


@lowers(Slice)
def slice_(op: Slice, site: Site, x: Tensor) -> Tensor:
    axis = axis_index(op.axis, site.inputs[0])
    if not op.keepdims:
        return x[_along(axis + 1, op.start)]
    size: Any = site.inputs[0][axis]
    kept = site.output[axis]
    if isinstance(kept, int) and not isinstance(size, int):
        # So many places of an axis of any length: Keras could not tell how many a range takes.
        return ops.take(x, [op.start + i * op.step for i in range(kept)], axis=axis + 1)
    return x[_along(axis + 1, slice(op.start, op.stop, op.step))]


@lowers(Roll)
def roll(op: Roll, site: Site, x: Tensor) -> Tensor:
    return ops.roll(x, per_axis(op.shift, site.rank, "shift"), axis=tuple(range(1, site.rank + 1)))
