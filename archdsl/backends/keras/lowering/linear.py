"""Dense layers and attention. Attention is Keras's own wherever that can do it, and then loads without archdsl."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers.attention import WindowedAttention
from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.attention import Attention
from archdsl.ops.linear import Dense


@lowers(Dense)
def dense(op: Dense, site: Site) -> Layers:
    return keras.layers.Dense(
        op.units,
        use_bias=op.bias,
        kernel_initializer=initializer(op),
        bias_initializer=initializer(op, "bias_init", "zeros"),
        kernel_regularizer=penalty(op),
        trainable=op.trainable,
        name=site.path,
    )


@lowers(Attention)
def attention(op: Attention, site: Site) -> Layers:
    arguments: dict[str, Any] = {
        "num_heads": op.heads,
        "key_dim": op.size(*site.inputs),
        "use_bias": op.bias,
        "dropout": op.dropout,
        "kernel_initializer": initializer(op),
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "kernel_regularizer": penalty(op),
        "trainable": op.trainable,
        "name": site.path,
    }
    tokens = len(site.inputs[0]) - 1  # the axis; the batch is axis 0
    if op.relative_position is None and tokens <= 2:
        # Left to itself, Keras would attend over the windows of [windows, n, c] too.
        return keras.layers.MultiHeadAttention(attention_axes=(tokens,), **arguments)
    return WindowedAttention(window=op.relative_position, map=op.map, shift=op.shifts, **arguments)
