"""Noise in training. Stochastic depth is dropout with one decision for each example, as keras.applications has it."""

from __future__ import annotations

import keras

from archdsl.backends.keras.lowering.spatial import by_rank
from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout


@lowers(Dropout)
def dropout(op: Dropout, site: Site) -> Layers:
    return keras.layers.Dropout(op.rate, name=site.path)


@lowers(SpatialDropout)
def spatial_dropout(op: SpatialDropout, site: Site) -> Layers:
    return by_rank("SpatialDropout", site)(op.rate, name=site.path)


@lowers(DropPath)
def drop_path(op: DropPath, site: Site) -> Layers:
    return keras.layers.Dropout(op.rate, noise_shape=(None, *(1 for _ in site.inputs[0])), name=site.path)
