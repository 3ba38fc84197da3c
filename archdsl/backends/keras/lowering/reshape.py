"""Reshapes. Keras infers one dimension that is known only at run time, and the ops allow for no more."""

from __future__ import annotations

import keras

from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.base import Op
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial


@lowers(Flatten)
def flatten(op: Flatten, site: Site) -> Layers:
    layer = keras.layers.Flatten(data_format="channels_last", name=site.path)
    rank = len(site.inputs[0])
    if op.order == "hwc" or rank == 1:
        return layer
    return keras.layers.Permute((rank, *range(1, rank)), name=f"{site.path}.permute"), layer


@lowers(Reshape, FlattenSpatial, UnflattenSpatial)
def reshape(_: Op, site: Site) -> Layers:
    return keras.layers.Reshape([dim if isinstance(dim, int) else -1 for dim in site.output], name=site.path)


@lowers(Permute)
def permute(op: Permute, site: Site) -> Layers:
    return keras.layers.Permute([axis + 1 for axis in op.order], name=site.path)
