"""Learned tokens, positions and scales."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from archdsl.backends.keras.held import is_depthwise
from archdsl.backends.keras.layers import learned
from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.base import Weighted
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale


def _shared(op: Weighted) -> dict[str, Any]:
    return {"regularizer": penalty(op), "trainable": op.trainable}


@lowers(ClassToken)
def class_token(op: ClassToken, site: Site, x: Tensor) -> Tensor:
    return site.layer(learned.ClassToken, count=op.count, initializer=initializer(op), **_shared(op))(x)


@lowers(PositionEmbedding)
def position_embedding(op: PositionEmbedding, site: Site, x: Tensor) -> Tensor:
    return site.layer(learned.PositionEmbedding, initializer=initializer(op), **_shared(op))(x)


@lowers(Scale)
def scale(op: Scale, site: Site, x: Tensor) -> Tensor:
    start = keras.initializers.Constant(op.value) if op.init is None else initializer(op)
    if is_depthwise(op, site.owner.uses):
        return site.layer(
            keras.layers.DepthwiseConv2D,
            kernel_size=1,
            use_bias=op.bias,
            depthwise_initializer=start,
            depthwise_regularizer=penalty(op),
            bias_initializer=initializer(op, "bias_init", "zeros"),
            trainable=op.trainable,
        )(x)
    return site.layer(
        learned.Scale,
        initializer=start,
        per_channel=op.per == "channel",
        use_bias=op.bias,
        bias_initializer=initializer(op, "bias_init", "zeros"),
        **_shared(op),
    )(x)


@lowers(Embedding, stretches=True)
def embedding(op: Embedding, site: Site, x: Tensor, rows: Tensor | None = None) -> Tensor:
    if rows is None:
        return site.layer(
            keras.layers.Embedding,
            input_dim=op.vocabulary,
            output_dim=op.width,
            embeddings_initializer=initializer(op, default="uniform"),
            embeddings_regularizer=penalty(op),
            trainable=op.trainable,
        )(x)
    places = ops.cast(x, "int32")
    if rows.shape[0] == 1:  # a constant, such as learned weights
        return ops.take(ops.squeeze(rows, 0), places, axis=0)
    beside = [*range(1, len(site.inputs[0]))]  # a table for each example, and one for all of its axes
    return ops.take_along_axis(ops.expand_dims(rows, beside), ops.expand_dims(places, -1), axis=len(site.inputs[0]))
