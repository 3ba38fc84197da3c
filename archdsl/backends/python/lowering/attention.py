"""Attention, by Keras's own layers where possible."""

from __future__ import annotations

from typing import Any

from archdsl.backends.code.values import Argument, Code, make
from archdsl.backends.keras.plain import is_plain
from archdsl.backends.python.registry import Lowered, Site, frozen, initializer, listed, lowers, penalty
from archdsl.ops.attention import Attention


@lowers(Attention)
def attention(op: Attention, site: Site) -> Lowered:
    arguments: dict[str, Any] = {
        "use_bias": op.bias,
        "dropout": op.dropout,
        "kernel_initializer": initializer(op),
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "kernel_regularizer": penalty(op),
        **frozen(op),
    }
    key_dim = op.size(*site.inputs)
    count = len(site.inputs)
    tokens = len(site.inputs[0]) - 1  # the axis; the batch is axis 0
    options = ["use_causal_mask=True"] if op.causal else []
    values = "{2}, key={1}" if count == 3 else f"{{{min(1, count - 1)}}}"
    call = Code(f"{{self}}({', '.join(['{0}', values, *options])})")
    if is_plain(op, site.inputs) and op.groups == op.heads:
        # Left to itself, Keras would attend over the windows of [windows, n, c] too.
        axes = {"attention_axes": (tokens,)} if tokens > 1 else {}
        made = make(
            "layers.MultiHeadAttention",
            ("num_heads", op.heads),
            ("key_dim", key_dim),
            output_shape=op.units,
            **axes,
            **arguments,
        )
        return Lowered(call, made)
    if is_plain(op, site.inputs) and tokens == 1 and op.units in (None, site.inputs[0][-1]):
        sizes = (("head_dim", key_dim), ("num_query_heads", op.heads), ("num_key_value_heads", op.groups))
        return Lowered(call, make("layers.GroupQueryAttention", *sizes, **arguments))
    named: dict[str, Argument] = {
        "num_heads": op.heads,
        "key_dim": key_dim,
        "value_dim": op.value_dim,
        "units": op.units,
        "kv_heads": op.kv_heads,
        "scale": None if op.scale == "learned" else op.scale,
        "learned_scale": op.scale == "learned",
        "window": op.relative_position,
        "shift": op.shifts,
    }
    for name in ("qk_norm", "causal", "talking_heads", "rotary", "rotary_base", "rotary_pairs", "map"):
        named[name] = getattr(op, name)
    given = "{0}" if count == 1 else f"[{listed(site)}]"
    return Lowered(Code(f"{{self}}({given})"), make("Attention", **named, **arguments), frozenset({"Attention"}))
