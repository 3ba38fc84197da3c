"""Dense layers and attention. Attention is Keras's own wherever that can do it, and then loads without archdsl."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers.attention import WindowedAttention
from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.attention import Attention
from archdsl.ops.linear import Dense


@lowers(Dense)
def dense(op: Dense, site: Site, x: Tensor) -> Tensor:
    return site.layer(
        keras.layers.Dense,
        units=op.units,
        use_bias=op.bias,
        kernel_initializer=initializer(op),
        bias_initializer=initializer(op, "bias_init", "zeros"),
        kernel_regularizer=penalty(op),
        trainable=op.trainable,
    )(x)


@lowers(Attention)
def attention(op: Attention, site: Site, x: Tensor, context: Tensor | None = None) -> Tensor:
    key_dim = op.size(*site.inputs)
    arguments: dict[str, Any] = {
        "num_heads": op.heads,
        "key_dim": key_dim,
        "use_bias": op.bias,
        "dropout": op.dropout,
        "kernel_initializer": initializer(op),
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "kernel_regularizer": penalty(op),
        "trainable": op.trainable,
    }
    tokens = len(site.inputs[0]) - 1  # the axis; the batch is axis 0
    # Left to itself, Keras would attend over the windows of [windows, n, c] too. It trains the projections of a frozen
    # layer, and adds their biases along the tokens where these are as many as heads of size 1 (see ``add``).
    if op.relative_position is None and tokens <= 2 and op.trainable and (key_dim > 1 or not op.bias):
        layer = site.layer(keras.layers.MultiHeadAttention, attention_axes=(tokens,), **arguments)
        return layer(x, x if context is None else context)
    layer = site.layer(WindowedAttention, window=op.relative_position, map=op.map, shift=op.shifts, **arguments)
    return layer(x if context is None else [x, context])
