"""Padding, cropping, slicing, rolling, and changes of resolution."""

from __future__ import annotations

from typing import Any

from archdsl.backends.code.values import Code, Literal, make
from archdsl.backends.python.registry import (
    Lowered,
    Site,
    called,
    expression,
    lowers,
    one,
    sides,
)
from archdsl.ops.axes import axis_index, side_pairs
from archdsl.ops.base import per_axis
from archdsl.ops.extent import Crop, Pad, Roll, Slice
from archdsl.ops.resize import Resize, Upsample


@lowers(Pad)
def pad(op: Pad, site: Site) -> Lowered:
    *around, channels = op.sides(site.inputs[0])
    pairs: tuple[Any, ...] = ((0, 0), *around, channels)
    if op.mode == "reflect":
        return expression("reflect_pad({0}, {pad})", "reflect_pad", pad=pairs)
    if op.value == 0 and channels == (0, 0):
        return called(f"ZeroPadding{site.rank}D", ("padding", sides(tuple(around))))
    if op.value == 0:
        return expression("ops.pad({0}, {pad})", pad=pairs)
    return expression("ops.pad({0}, {pad}, constant_values={value})", pad=pairs, value=op.value)


@lowers(Crop)
def crop(op: Crop, site: Site) -> Lowered:
    return called(f"Cropping{site.rank}D", ("cropping", sides(side_pairs(op.size, site.rank, "size"))))


@lowers(Slice)
def slice_(op: Slice, site: Site) -> Lowered:
    axis = axis_index(op.axis, site.inputs[0])
    before = ":, " * (axis + 1) if axis < len(site.inputs[0]) - 1 or axis == 0 else "..., "
    if not op.keepdims:
        return expression(f"{{0}}[{before}{{place}}]", place=op.start)
    size, kept = site.inputs[0][axis], site.output[axis]
    if isinstance(kept, int) and not isinstance(size, int):
        # So many places of an axis of any length: Keras could not tell how many a range takes.
        places: Literal = tuple(op.start + i * op.step for i in range(kept))
        return expression(f"ops.take({{0}}, {{places}}, axis={axis + 1})", places=places)
    literals: dict[str, Literal] = {"start": op.start, "stop": op.stop}
    text = "{start}:{stop}"
    if op.step != 1:
        literals["step"], text = op.step, f"{text}:{{step}}"
    return expression(f"{{0}}[{before}{text}]", **literals)


@lowers(Roll)
def roll(op: Roll, site: Site) -> Lowered:
    axes = tuple(range(1, site.rank + 1))
    return expression("ops.roll({0}, {shift}, axis={axes})", shift=per_axis(op.shift, site.rank, "shift"), axes=axes)


@lowers(Upsample)
def upsample(op: Upsample, site: Site) -> Lowered:
    size = one(per_axis(op.size, site.rank, "size"))
    method = {"interpolation": op.method} if site.rank == 2 else {}
    return called(f"UpSampling{site.rank}D", ("size", size), **method)


@lowers(Resize)
def resize(op: Resize, site: Site) -> Lowered:
    height, width, _ = site.output
    if isinstance(height, int) and isinstance(width, int):
        named: dict[str, Literal] = {"interpolation": op.method, "antialias": op.antialias}
        return called("Resizing", ("height", height), ("width", width), **named)
    made = make("ResizeLike", interpolation=op.method, antialias=op.antialias)
    like = "[{0}, {1}]" if len(site.inputs) > 1 else "[{0}, {0}]"
    return Lowered(Code(f"{{self}}({like})"), made, frozenset({"ResizeLike"}))
