"""Ops that at inference are a per-channel affine map: their gains and offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from archdsl.graph.model import Node
from archdsl.ops.base import Op, known
from archdsl.ops.input import Normalize, Rescale
from archdsl.ops.learned import Scale
from archdsl.ops.normalisation import BatchNorm
from archdsl.rewrites.draft import Array, Draft

_LEAST: Final = 1e-7
"""The least standard deviation that Keras divides by."""


class Affine(NamedTuple):
    """``x * gain + offset``, with one number of each for a channel."""

    gain: Array
    offset: Array


Read = Callable[[str], Array]
"""Gives an array of the op by its name."""


def _batch_norm(op: BatchNorm, read: Read) -> tuple[Any, Any]:
    gain = (read("gamma") if op.scale else 1.0) / np.sqrt(read("moving_variance") + op.eps)
    return gain, (read("beta") if op.center else 0.0) - read("moving_mean") * gain


def _scale(op: Scale, read: Read) -> tuple[Any, Any]:
    return read("gamma"), read("bias") if op.bias else 0.0


def _rescale(op: Rescale, _read: Read) -> tuple[Any, Any]:
    return op.factor, op.offset


def _normalize(op: Normalize, read: Read) -> tuple[Any, Any]:
    if op.mean is not None:
        gain = 1 / np.sqrt(np.asarray(op.variance, np.float64))
        return gain, -np.asarray(op.mean) * gain
    gain = 1 / np.maximum(np.sqrt(read("variance")), _LEAST)
    return gain, -read("mean") * gain


_RULES: Final[Mapping[type[Op], Callable[[Any, Read], tuple[Any, Any]]]] = {
    BatchNorm: _batch_norm,
    Scale: _scale,
    Rescale: _rescale,
    Normalize: _normalize,
}


def is_affine(node: Node | None) -> bool:
    """Whether a node is a per-channel affine map with constant, owned or shared weights."""
    return node is not None and type(node.op) in _RULES and len(node.inputs) == 1 and len(node.shape) > 0


def affine(draft: Draft, node: Node) -> Affine:
    """Gain and offset of such a node, in float64."""
    gain, offset = _RULES[type(node.op)](node.op, lambda name: draft.weight(node, name))
    channels = (known(node.shape[-1], "the channels"),)
    return Affine(*(np.broadcast_to(np.asarray(values, np.float64), channels) for values in (gain, offset)))
