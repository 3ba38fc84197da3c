"""Attention, as matrix products of queries, keys and values: ``[batch, …, heads, tokens, features]``."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Final

import numpy as np

from archdsl.backends.onnx.initial import GLOROT_UNIFORM, ONES, ZEROS
from archdsl.backends.onnx.lowering.normalisation import root_mean_square
from archdsl.backends.onnx.registry import lowers
from archdsl.backends.onnx.site import Site
from archdsl.backends.tables import HIDDEN, relative_positions, rotary_angles, shifted_window_mask
from archdsl.ops.attention import Attention, Projection
from archdsl.ops.axes import known_channels
from archdsl.ops.init import Init

_EPSILON: Final = 1e-6
"""Of the norms of queries and keys."""
_LARGEST: Final = log(100.0)
"""What a learned scale is at most, as a logarithm."""
_SMALL_BIASES: Final = Init(kind="truncated_normal", values=(0.02,))


@lowers(Attention, stretches=True)
def attention(op: Attention, site: Site, x: str, *others: str) -> str:
    context = others[0] if others else x
    values = others[1] if len(others) > 1 else context
    widths = [known_channels(site.inputs[min(i, len(site.inputs) - 1)]) for i in range(3)]
    size = op.size(*site.inputs)
    value_size = op.value_dim or size
    query = _heads(op, site, "query", x, (widths[0], op.heads, size))
    key = _heads(op, site, "key", context, (widths[1], op.groups, size))
    value = _repeated(op, site, _heads(op, site, "value", values, (widths[2], op.groups, value_size)))
    query, key = _prepared(op, site, "query", query), _repeated(op, site, _prepared(op, site, "key", key))
    logits = site.emit("MatMul", _scaled(op, site, query, size), _swapped(site, key, -1))
    for bias in _biases(op, site, others):
        logits = site.emit("Add", logits, bias)
    if op.talking_heads:
        logits = _talked(op, site, "talking_logits", logits)
    if op.causal:
        logits = site.emit("Add", logits, _future(site, logits))
    weights = site.emit("Softmax", logits, axis=-1)
    if op.talking_heads:
        weights = _talked(op, site, "talking_weights", weights)
    mixed = _swapped(site, site.emit("MatMul", weights, value), -2)
    merged = site.reshape(mixed, *(0,) * (len(site.inputs[0]) - 1), op.heads * value_size)
    return _projected(op, site, "output", "attention_output", merged, (op.heads * value_size, site.output[-1]))


def _projected(op: Attention, site: Site, part: Projection, name: str, x: str, shape: Sequence[object]) -> str:
    width, features = (size for size in shape if isinstance(size, int))
    made = site.emit("MatMul", x, site.weight(f"{name}/kernel", op.init or GLOROT_UNIFORM, shape=(width, features)))
    if not op.has_bias(part):
        return made
    return site.emit("Add", made, site.weight(f"{name}/bias", op.bias_init or ZEROS, shape=(features,)))


def _heads(op: Attention, site: Site, part: Projection, x: str, shape: tuple[int, int, int]) -> str:
    """An input projected for each head: ``[batch, …, heads, tokens, features]``."""
    width, heads, size = shape
    made = _projected(op, site, part, part, x, (width, heads * size))
    return _swapped(site, site.reshape(made, *(0,) * (len(site.inputs[0]) - 1), heads, size), -2)


def _swapped(site: Site, x: str, last: int) -> str:
    """A tensor of heads with two adjacent axes transposed: the one at ``last``, -1 or -2, and the one before."""
    order = [*range(len(site.inputs[0]) + 2)]
    order[last - 1], order[last] = order[last], order[last - 1]
    return site.emit("Transpose", x, perm=order)


def _repeated(op: Attention, site: Site, x: str) -> str:
    """Heads of keys or values repeated to the number of query heads."""
    if op.groups == op.heads:
        return x
    places = np.repeat(np.arange(op.groups), op.heads // op.groups)
    return site.emit("Gather", x, site.table("heads", places), axis=len(site.inputs[0]) - 1)


def _prepared(op: Attention, site: Site, part: str, x: str) -> str:
    """Queries or keys, normalised and rotated."""
    if op.qk_norm == "l2":
        length = site.emit("ReduceL2", x, site.ints(-1), keepdims=1)
        x = site.emit("Div", x, site.emit("Max", length, site.number(1e-12)))
    elif op.qk_norm == "layer":
        gain, offset = site.weight(f"{part}_norm/gamma", ONES), site.weight(f"{part}_norm/beta", ZEROS)
        x = site.emit("LayerNormalization", x, gain, offset, axis=-1, epsilon=_EPSILON)
    elif op.qk_norm == "rms":
        x = site.emit("Mul", root_mean_square(site, x, _EPSILON), site.weight(f"{part}_norm/scale", ONES))
    return x if op.rotary is None else _turned(op, site, x)


def _turned(op: Attention, site: Site, x: str) -> str:
    """Rotates each pair of features: ``(a cos - b sin, b cos + a sin)``; leading tokens without a position stay."""
    assert op.rotary is not None
    size, leading = op.size(*site.inputs), op.unturned(*site.inputs)
    angles = rotary_angles(op.rotary, size, op.rotary_base)
    angles = np.concatenate([np.zeros((leading, angles.shape[1])), angles])
    halves = np.arange(size).reshape((-1, 2) if op.rotary_pairs == "interleaved" else (2, -1))
    one, other = halves.T if op.rotary_pairs == "interleaved" else halves
    cos, sin, partner = np.empty((len(angles), size)), np.empty((len(angles), size)), np.empty(size, int)
    cos[:, one] = cos[:, other] = np.cos(angles)
    sin[:, one], sin[:, other] = -np.sin(angles), np.sin(angles)
    partner[one], partner[other] = other, one
    turned = site.emit("Gather", x, site.table("partners", partner), axis=-1)
    straight = site.emit("Mul", x, site.table("cosines", cos))
    return site.emit("Add", straight, site.emit("Mul", turned, site.table("sines", sin)))


def _scaled(op: Attention, site: Site, query: str, size: int) -> str:
    if op.scale == "learned":
        start = Init(kind="constant", values=(log(10.0),))
        logarithm = site.weight("logit_scale", start, shape=(op.heads, 1, 1))
        return site.emit("Mul", query, site.emit("Exp", site.emit("Min", logarithm, site.number(_LARGEST))))
    scale = size**-0.5 if op.scale is None else op.scale
    return query if scale == 1 else site.emit("Mul", query, site.number(scale))


def _biases(op: Attention, site: Site, others: Sequence[str]) -> list[str]:
    """The bias of the logits ``[batch, …, heads, n, m]``."""
    found = []
    if (window := op.relative_position) is not None:
        table = site.weight("relative_position_bias", _SMALL_BIASES, order=(1, 0))
        found.append(site.emit("Gather", table, site.table("positions", relative_positions(window)), axis=1))
        if op.map is not None and any(op.shifts):
            found.append(site.table("mask", shifted_window_mask(op.map, window, op.shifts)[:, None]))
    if len(others) > 2:
        given, lacking = others[2], len(site.inputs[0]) + 1 - len(site.inputs[3])
        found.append(site.emit("Unsqueeze", given, site.ints(*range(1, lacking + 1))) if lacking else given)
    return found


def _talked(op: Attention, site: Site, name: str, x: str) -> str:
    """Talking heads: ``[batch, …, heads, n, m]`` with the heads mixed at each position."""
    before = "abcdef"[: len(site.inputs[0]) - 1]
    kernel = site.weight(f"{name}/kernel", op.init or GLOROT_UNIFORM)
    mixed = site.emit("Einsum", x, kernel, equation=f"{before}hnm,hg->{before}gnm")
    if not op.has_bias("talking"):
        return mixed
    return site.emit("Add", mixed, site.weight(f"{name}/bias", op.bias_init or ZEROS, shape=(op.heads, 1, 1)))


def _future(site: Site, logits: str) -> str:
    """The causal mask, ``[n, n]``: the part of a matrix above its diagonal."""
    square = site.emit("Shape", logits, start=-2)
    hidden = site.emit("ConstantOfShape", square, value=np.array([HIDDEN], np.float32))
    return site.emit("Trilu", hidden, site.emit("Constant", value=np.array(1, np.int64)), upper=1)
