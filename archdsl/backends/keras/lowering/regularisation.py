"""Dropouts. Stochastic depth is dropout with one decision per example, as in keras.applications."""

from __future__ import annotations

import keras

from archdsl.backends.keras.lowering.spatial import by_rank
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout


@lowers(Dropout)
def dropout(op: Dropout, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Dropout(op.rate, name=site.path)(x)


@lowers(SpatialDropout)
def spatial_dropout(op: SpatialDropout, site: Site, x: Tensor) -> Tensor:
    return by_rank("SpatialDropout", site)(op.rate, name=site.path)(x)


@lowers(DropPath)
def drop_path(op: DropPath, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Dropout(op.rate, noise_shape=(None, *(1 for _ in site.inputs[0])), name=site.path)(x)
