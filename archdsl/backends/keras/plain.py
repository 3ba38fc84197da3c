"""Attentions that Keras's own layers can compute. Needs no Keras."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.graph.dims import Shape
from archdsl.ops.attention import Attention


def is_plain(op: Attention, inputs: Sequence[Shape]) -> bool:
    """Whether Keras's own layers can compute it.

    They train the projections of a frozen layer, and add their biases along the tokens where these are as many as heads
    of size 1 (see ``plus``); on JAX they want values of the size of keys.
    """
    key_dim = op.size(*inputs)
    plain = not (op.causal and len(inputs[0]) > 2) and len(inputs) < 4 and isinstance(op.bias, bool)
    plain = plain and op.value_dim in (None, key_dim) and (key_dim > 1 or not op.bias)
    others = (op.scale, op.qk_norm, op.rotary, op.relative_position)
    return (
        plain
        and op.trainable
        and len(inputs[0]) <= 3
        and not op.talking_heads
        and not any(option is not None for option in others)
    )
