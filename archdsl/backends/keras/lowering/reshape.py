"""Reshapes. Keras infers one dimension known only at run time, and the ops allow no more."""

from __future__ import annotations

import keras

from archdsl.backends.keras.layers import UnflattenLike
from archdsl.backends.keras.registry import Site, Tensor, lowers, static
from archdsl.ops.base import Op
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial


@lowers(Flatten)
def flatten(op: Flatten, site: Site, x: Tensor) -> Tensor:
    rank = len(site.inputs[0])
    if op.order == "chw" and rank > 1:
        x = keras.layers.Permute((rank, *range(1, rank)), name=site.below("permute"))(x)
    return keras.layers.Flatten(data_format="channels_last", name=site.path)(x)


@lowers(UnflattenSpatial)
def unflatten_spatial(op: Op, site: Site, x: Tensor, *like: Tensor) -> Tensor:
    if static(site.output).count(None) > 1:
        return UnflattenLike(name=site.path)([x, *like])
    return reshape(op, site, x)


@lowers(Reshape, FlattenSpatial)
def reshape(_: Op, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Reshape([dim if isinstance(dim, int) else -1 for dim in site.output], name=site.path)(x)


@lowers(Permute)
def permute(op: Permute, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Permute([axis + 1 for axis in op.order], name=site.path)(x)
