"""Resampling of maps."""

from __future__ import annotations

import keras

from archdsl.backends.keras.layers import ResizeBy, ResizeLike
from archdsl.backends.keras.lowering.spatial import by_rank
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.base import per_axis
from archdsl.ops.resize import Resize, Upsample


@lowers(Upsample)
def upsample(op: Upsample, site: Site, x: Tensor) -> Tensor:
    size = per_axis(op.size, site.rank, "size")
    if op.method != "nearest" and not all(isinstance(dim, int) for dim in site.output):
        return ResizeBy(size, op.method, name=site.path)(x)
    method = {"interpolation": op.method} if site.rank == 2 else {}
    return by_rank("UpSampling", site)(size[0] if site.rank == 1 else size, **method, name=site.path)(x)


@lowers(Resize)
def resize(op: Resize, site: Site, x: Tensor, *like: Tensor) -> Tensor:
    height, width, _ = site.output
    if not (isinstance(height, int) and isinstance(width, int)):
        return ResizeLike(op.method, op.antialias, name=site.path)([x, *like])
    return keras.layers.Resizing(
        height, width, op.method, antialias=op.antialias, data_format="channels_last", name=site.path
    )(x)
