"""Windows at the borders of a map: the padding, and the taps of a kernel that lie on the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from archdsl.graph.dims import Shape
from archdsl.graph.model import Node
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import Pairs, pad_pairs, same_pads
from archdsl.rewrites.draft import Array

WINDOWED = (Conv, DepthwiseConv, SeparableConv)


def pads(op: Any, x: Shape) -> Pairs | None:
    """The padding of a convolution in each spatial dimension; ``None`` if it depends on run-time sizes."""
    rank = len(x) - 1
    if op.pad == "valid":
        return ((0, 0),) * rank
    if op.pad != "same":
        return pad_pairs(op.pad, rank)
    windows = zip(x, per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride"), dilations(op, rank), strict=False)
    found = [same_pads(n, (k - 1) * d + 1, s) for n, k, s, d in windows]
    return None if None in found else tuple(pair for pair in found if pair is not None)


def dilations(op: Any, rank: int) -> tuple[int, ...]:
    return per_axis(op.dilation, rank, "dilation")


def on_map(node: Node, x: Shape, around: Pairs) -> Array:
    """For each position of a convolution's output and each tap of its kernel, whether the tap lies on the map.

    [*places, *taps], as zeros and ones.
    """
    op: Any = node.op
    rank = len(x) - 1
    k, strides, steps = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride"), dilations(op, rank)
    found = np.ones((1,) * (2 * rank))
    for axis, (n, places, taps, s, d, (before, _)) in enumerate(
        zip(x[:-1], node.shape[:-1], k, strides, steps, around, strict=True)
    ):
        assert isinstance(n, int)
        assert isinstance(places, int)
        at = np.arange(places)[:, None] * s - before + np.arange(taps)[None, :] * d
        inside = ((at >= 0) & (at < n)).astype(np.float64)
        shape = [1] * (2 * rank)
        shape[axis], shape[rank + axis] = inside.shape
        found = found * inside.reshape(shape)
    return found


def is_known(shape: Shape) -> bool:
    return all(isinstance(dim, int) for dim in shape)


def summed(kernel: Array, inside: Array | None) -> Array:
    """A kernel [*taps, outputs] summed over its taps: all, or for each position those that lie on the map."""
    taps = kernel.ndim - 1
    if inside is None:
        total: Array = kernel.sum(axis=tuple(range(taps)))
        return total
    return np.tensordot(inside, kernel, axes=(range(taps, 2 * taps), range(taps)))
