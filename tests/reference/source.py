"""Ops without an input, for a batch of one."""

from __future__ import annotations

import numpy as np

from archdsl.ops import source as ops
from tests.reference.definitions import Array, Call, defines


@defines(ops.Parameter)
def parameter(op: ops.Parameter, call: Call) -> Array:
    return call.weights["value"][None]


@defines(ops.Constant)
def constant(op: ops.Constant, call: Call) -> Array:
    values = op.values if isinstance(op.values, tuple) else (op.values,)
    size = op.size or (len(values),)
    return np.array(values * (np.prod(size, dtype=int) // len(values)), float).reshape(1, *size)


@defines(ops.Ramp)
def ramp(op: ops.Ramp, call: Call) -> Array:
    return np.array([[op.start + op.step * i for i in range(op.count)]])


def _place(pair: int, features: int, pairs: str) -> tuple[int, int]:
    """Where the two features of a pair are."""
    return (2 * pair, 2 * pair + 1) if pairs == "interleaved" else (pair, pair + features // 2)


@defines(ops.Sinusoid)
def sinusoid(op: ops.Sinusoid, call: Call) -> Array:
    table = np.empty((1, op.places, op.features))
    for pair in range(op.features // 2):
        angle = np.arange(op.places) * op.base ** (-pair / (op.features // 2))
        sine, cosine = _place(pair, op.features, op.pairs)
        table[0, :, sine], table[0, :, cosine] = np.sin(angle), np.cos(angle)
    return table


@defines(ops.Rotary)
def rotary(op: ops.Rotary, call: Call) -> Array:
    table = np.empty((1, int(np.prod(op.places)), op.features))
    share = op.features // 2 // len(op.places)
    for number, place in enumerate(np.ndindex(*op.places)):
        for axis, index in enumerate(place):
            for pair in range(share):
                both = _place(axis * share + pair, op.features, op.pairs)
                table[0, number, list(both)] = index * op.base ** (-pair / share)
    return table


@defines(ops.CausalMask)
def causal_mask(op: ops.CausalMask, call: Call) -> Array:
    return np.array([[[-1e9 if key > query else 0 for key in range(op.count)] for query in range(op.count)]])


@defines(ops.RelativePositionBias)
def relative_position_bias(op: ops.RelativePositionBias, call: Call) -> Array:
    table, (h, w) = call.weights["relative_position_bias"], op.map
    places = list(np.ndindex(h, w))
    rows = [[(r - s + h - 1) * (2 * w - 1) + c - d + w - 1 for s, d in places] for r, c in places]
    return np.moveaxis(table[np.array(rows)], -1, 0)[None]
