"""Dense layers and attention. Attention is Keras's own layer where possible, and then loads without archdsl."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers.attention import Attention as AttentionLayer
from archdsl.backends.keras.plain import is_plain
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
def attention(op: Attention, site: Site, x: Tensor, *others: Tensor) -> Tensor:
    arguments: dict[str, Any] = {
        "use_bias": op.bias,
        "dropout": op.dropout,
        "kernel_initializer": initializer(op),
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "kernel_regularizer": penalty(op),
        "trainable": op.trainable,
    }
    key_dim = op.size(*site.inputs)
    key, value, *_ = (*others, *(others[-1:] or (x,)) * 2)
    tokens = len(site.inputs[0]) - 1  # the axis; the batch is axis 0
    call = {"use_causal_mask": True} if op.causal else {}
    call |= {"key": key} if key is not value else {}
    if is_plain(op, site.inputs) and op.groups == op.heads:
        # Left to itself, Keras would attend over the windows of [windows, n, c] too.
        own: dict[str, Any] = {
            "num_heads": op.heads,
            "key_dim": key_dim,
            "output_shape": op.units,
            "attention_axes": (tokens,),
        }
        return site.layer(keras.layers.MultiHeadAttention, **own, **arguments)(x, value, **call)
    if is_plain(op, site.inputs) and tokens == 1 and op.units in (None, site.inputs[0][-1]):
        own = {"head_dim": key_dim, "num_query_heads": op.heads, "num_key_value_heads": op.groups}
        return site.layer(keras.layers.GroupQueryAttention, **own, **arguments)(x, value, **call)
    options = ("qk_norm", "causal", "talking_heads", "rotary", "rotary_base", "rotary_pairs", "map")
    layer = site.layer(
        AttentionLayer,
        num_heads=op.heads,
        key_dim=key_dim,
        value_dim=op.value_dim,
        units=op.units,
        kv_heads=op.kv_heads,
        scale=None if op.scale == "learned" else op.scale,
        learned_scale=op.scale == "learned",
        window=op.relative_position,
        shift=op.shifts,
        **{name: getattr(op, name) for name in options},
        **arguments,
    )
    return layer([x, *others] if others else x)
