"""Padding, cropping, slicing and rolling."""

from __future__ import annotations

from typing import Any

from archdsl.backends.keras.layers import extent
from archdsl.backends.keras.lowering.spatial import by_rank
from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.axes import side_pairs
from archdsl.ops.base import per_axis
from archdsl.ops.extent import Crop, Pad, Roll, Slice


@lowers(Pad)
def pad(op: Pad, site: Site) -> Layers:
    *sides, channels = op.sides(site.inputs[0])
    if op.mode == "constant" and op.value == 0 and channels == (0, 0):
        return by_rank("ZeroPadding", site)(_pairs(sides), name=site.path)
    return extent.Pad([*sides, channels], op.value, op.mode, name=site.path)


@lowers(Crop)
def crop(op: Crop, site: Site) -> Layers:
    return by_rank("Cropping", site)(_pairs(side_pairs(op.size, site.rank, "size")), name=site.path)


def _pairs(sides: Any) -> Any:
    """Pairs as Keras takes them: bare when there is one dimension."""
    return sides[0] if len(sides) == 1 else tuple(sides)


@lowers(Slice)
def slice_(op: Slice, site: Site) -> Layers:
    return extent.Slice(op.start, op.stop, op.step, op.axis, op.keepdims, name=site.path)


@lowers(Roll)
def roll(op: Roll, site: Site) -> Layers:
    return extent.Roll(per_axis(op.shift, site.rank, "shift"), name=site.path)
