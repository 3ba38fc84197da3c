"""Padding, cropping, slicing and rolling."""

from __future__ import annotations

from typing import Final

import numpy as np

from archdsl.backends.onnx.program import Value
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.axes import axis_index, side_pairs
from archdsl.ops.base import per_axis
from archdsl.ops.extent import Crop, Pad, Roll, Slice

_END: Final = 2**63 - 1
"""As the end of a range: that of the axis."""


@lowers(Pad, takes=AS_THEY_COME)
def pad(op: Pad, site: Site, x: str) -> Value:
    sides = {site.axis(axis): pair for axis, pair in enumerate(op.sides(site.inputs[0])) if any(pair)}
    if not sides:
        return Value(x, site.first)
    befores, afters = zip(*sides.values(), strict=True)
    given = [site.ints(*befores, *afters), site.number(op.value), site.ints(*sides)]
    return Value(site.emit("Pad", x, *given, mode=op.mode), site.first)


@lowers(Crop, takes=AS_THEY_COME)
def crop(op: Crop, site: Site, x: str) -> Value:
    pairs = side_pairs(op.size, site.rank, "size")
    cut = {site.axis(axis): pair for axis, pair in enumerate(pairs) if any(pair)}
    if not cut:
        return Value(x, site.first)
    starts = site.ints(*(before for before, _ in cut.values()))
    ends = site.ints(*(-after if after else _END for _, after in cut.values()))
    return Value(site.emit("Slice", x, starts, ends, site.ints(*cut)), site.first)


@lowers(Slice, takes=AS_THEY_COME)
def slice_(op: Slice, site: Site, x: str) -> Value:
    index = axis_index(op.axis, site.inputs[0])
    axis = site.axis(index)
    if not op.keepdims:
        picked = site.emit("Gather", x, site.emit("Constant", value=np.array(op.start, np.int64)), axis=axis)
        return Value(picked, site.first and index != site.rank)
    end = _END if op.stop is None else op.stop
    taken = site.emit("Slice", x, site.ints(op.start), site.ints(end), site.ints(axis), site.ints(op.step))
    return Value(taken, site.first)


@lowers(Roll, takes=AS_THEY_COME)
def roll(op: Roll, site: Site, x: str) -> Value:
    """Concatenates the end of each dimension before its beginning, one dimension after the other."""
    for index, shift in enumerate(per_axis(op.shift, site.rank, "shift")):
        axis, size = site.axis(index), site.inputs[0][index]
        if isinstance(size, int):
            if shift % size == 0:
                continue
            cut = site.ints(-shift % size)
        elif shift == 0:
            continue
        else:
            cut = site.emit("Mod", site.ints(-shift), site.length(x, axis))
        axes = site.ints(axis)
        tail = site.emit("Slice", x, cut, site.ints(_END), axes)
        x = site.emit("Concat", tail, site.emit("Slice", x, site.ints(0), cut, axes), axis=axis)
    return Value(x, site.first)
