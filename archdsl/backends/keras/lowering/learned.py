"""Learned tokens, positions and scales."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers import learned
from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.base import Weighted
from archdsl.ops.learned import ClassToken, PositionEmbedding, Scale


def _shared(op: Weighted, site: Site) -> dict[str, Any]:
    return {"regularizer": penalty(op), "trainable": op.trainable, "name": site.path}


@lowers(ClassToken)
def class_token(op: ClassToken, site: Site) -> Layers:
    return learned.ClassToken(op.count, initializer(op), **_shared(op, site))


@lowers(PositionEmbedding)
def position_embedding(op: PositionEmbedding, site: Site) -> Layers:
    return learned.PositionEmbedding(initializer(op), **_shared(op, site))


@lowers(Scale)
def scale(op: Scale, site: Site) -> Layers:
    return learned.Scale(
        keras.initializers.Constant(op.value) if op.init is None else initializer(op),
        per_channel=op.per == "channel",
        use_bias=op.bias,
        bias_initializer=initializer(op, "bias_init", "zeros"),
        **_shared(op, site),
    )
