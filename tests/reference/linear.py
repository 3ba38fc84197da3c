"""The dense layer and attention."""

from __future__ import annotations

import numpy as np

from archdsl.ops.attention import Attention
from archdsl.ops.linear import Dense
from tests.reference.activation import softmax_over
from tests.reference.definitions import Array, Call, defines


@defines(Dense)
def dense(op: Dense, call: Call) -> Array:
    return call.x @ call.weights["kernel"] + call.weights.get("bias", 0)


@defines(Attention)
def attention(op: Attention, call: Call) -> Array:
    assert not (call.training and op.dropout), "chance has no reference"

    def projected(part: str, x: Array) -> Array:
        return np.einsum("...nc,chd->...hnd", x, call.weights[f"{part}/kernel"]) + (
            call.weights[f"{part}/bias"][:, None] if op.bias else 0
        )

    context = call.inputs[-1]
    query, key, value = projected("query", call.x), projected("key", context), projected("value", context)
    logits = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    if op.relative_position is not None:
        logits = logits + _relative(op.relative_position, call.weights["relative_position_bias"])
    if op.map is not None and op.shift != 0:
        logits = logits + _mask(op)[:, None]
    weighted = softmax_over(logits, -1) @ value
    out = np.einsum("...hnd,hdc->...nc", weighted, call.weights["attention_output/kernel"])
    return out + call.weights.get("attention_output/bias", 0)


def _places(window: tuple[int, int]) -> list[tuple[int, int]]:
    """Row and column of each token of a window."""
    return [(row, column) for row in range(window[0]) for column in range(window[1])]


def _relative(window: tuple[int, int], table: Array) -> Array:
    """``[heads, tokens, tokens]``: for two tokens the number that belongs to how far apart they are.

    The table has the differences of rows, from ``1 - h`` to ``h - 1``, slowest.
    """
    h, w = window
    places = _places(window)
    bias = np.zeros((table.shape[1], h * w, h * w))
    for i, (row, column) in enumerate(places):
        for j, (other_row, other_column) in enumerate(places):
            bias[:, i, j] = table[(row - other_row + h - 1) * (2 * w - 1) + column - other_column + w - 1]
    return bias


def _mask(op: Attention) -> Array:
    """``[windows, tokens, tokens]``: -100 where one token of two came around an edge of the map and one did not."""
    assert op.map is not None
    assert op.relative_position is not None
    (h, w), window = op.map, op.relative_position
    down, right = op.shifts
    mask = []
    for top in range(0, h, window[0]):
        for left in range(0, w, window[1]):
            around = [(top + row >= h - down, left + column >= w - right) for row, column in _places(window)]
            mask.append([[0.0 if a == b else -100.0 for b in around] for a in around])
    return np.array(mask)
