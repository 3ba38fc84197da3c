"""The dense layer and attention."""

from __future__ import annotations

from typing import Any

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
    weights = call.weights

    def projected(part: str, x: Array) -> Array:
        made = np.einsum("...nc,chd->...hnd", x, weights[f"{part}/kernel"])
        return made + weights[f"{part}/bias"][:, None] if f"{part}/bias" in weights else made

    context = call.inputs[min(1, len(call.inputs) - 1)]
    values = call.inputs[min(2, len(call.inputs) - 1)]
    query, key, value = projected("query", call.x), projected("key", context), projected("value", values)
    query, key = (_turned(op, _normed(op, part, x, call)) for part, x in (("query", query), ("key", key)))
    key, value = (np.repeat(x, op.heads // x.shape[-3], axis=-3) for x in (key, value))
    logits = query @ np.swapaxes(key, -1, -2) * _factor(op, query.shape[-1], call)
    if op.relative_position is not None:
        logits = logits + _relative(op.relative_position, weights["relative_position_bias"])
    if op.map is not None and op.shift != 0:
        logits = logits + _mask(op)[:, None]
    if len(call.inputs) > 3:
        bias = call.inputs[3]
        logits = logits + bias.reshape(len(bias), *(1,) * (logits.ndim - bias.ndim), *bias.shape[1:])
    if op.talking_heads:
        logits = _talked(logits, "talking_logits", call)
    if op.causal:
        logits = np.where(np.tri(logits.shape[-1], dtype=bool), logits, -np.inf)
    shares = softmax_over(logits, -1)
    if op.talking_heads:
        shares = _talked(shares, "talking_weights", call)
    out = np.einsum("...hnd,hdc->...nc", shares @ value, weights["attention_output/kernel"])
    return np.asarray(out + weights.get("attention_output/bias", 0))


def _factor(op: Attention, size: int, call: Call) -> Any:
    if op.scale == "learned":
        return np.exp(np.minimum(call.weights["logit_scale"], np.log(100)))[:, None, None]
    return size**-0.5 if op.scale is None else op.scale


def _normed(op: Attention, part: str, x: Array, call: Call) -> Array:
    if op.qk_norm == "l2":
        return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)
    if op.qk_norm == "layer":
        x = x - x.mean(-1, keepdims=True)
    if op.qk_norm is not None:
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
    gain = call.weights.get(f"{part}_norm/gamma", call.weights.get(f"{part}_norm/scale", 1))
    return np.asarray(x * gain + call.weights.get(f"{part}_norm/beta", 0))


def _turned(op: Attention, x: Array) -> Array:
    """Pair by pair, as complex numbers."""
    if op.rotary is None:
        return x
    places = list(np.ndindex(*op.rotary))
    size, turned = x.shape[-1], x.copy()
    share = size // 2 // len(op.rotary)
    for token, place in enumerate(places, x.shape[-2] - len(places)):
        for pair in range(size // 2):
            a, b = (2 * pair, 2 * pair + 1) if op.rotary_pairs == "interleaved" else (pair, pair + size // 2)
            angle = place[pair // share] * op.rotary_base ** (-(pair % share) / share)
            number = (x[..., token, a] + 1j * x[..., token, b]) * np.exp(1j * angle)
            turned[..., token, a], turned[..., token, b] = number.real, number.imag
    return turned


def _talked(x: Array, part: str, call: Call) -> Array:
    mixed = np.einsum("...hnm,hg->...gnm", x, call.weights[f"{part}/kernel"])
    return np.asarray(mixed + np.reshape(call.weights.get(f"{part}/bias", 0), (-1, 1, 1)))


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
