"""Linear ops with weights of their own: the kernel array, and its channel axes.

Output channels are the last axis of every kernel. Input channels lie differently in each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from archdsl.graph.model import Node
from archdsl.ops.base import Op, Weighted
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.linear import Dense
from archdsl.rewrites.draft import Array, Draft

_LAST: Final[Mapping[type[Op], str]] = {
    Conv: "kernel",
    DepthwiseConv: "kernel",
    SeparableConv: "pointwise_kernel",
    Dense: "kernel",
}
"""The kernel whose output is that of the op."""


def is_linear(draft: Draft, node: Node | None) -> bool:
    """Whether a node is a convolution or dense layer with an unshared kernel."""
    return node is not None and type(node.op) in _LAST and len(node.inputs) == 1 and draft.is_own(node)


def last_kernel(op: Op) -> str:
    """The name of the array that produces the op's outputs."""
    return _LAST[type(op)]


def scaled(kernel: Array, gain: Array) -> Array:
    """A kernel with its outputs, the last axis, scaled per channel."""
    return kernel * gain


def bias(draft: Draft, node: Node) -> Array:
    """The bias of a linear op; zeros if it has none."""
    op: Any = node.op
    return draft.weight(node, "bias") if op.bias else np.zeros(node.shape[-1])


def with_bias(op: Op) -> Op:
    """The op with a bias."""
    assert isinstance(op, Weighted)
    return op.model_copy(update={"bias": True})


def _conv(op: Conv, _kernel: Array, values: Array) -> Array:
    groups = op.groups
    per_group = values.reshape(groups, -1)  # [group, input channel of the group]
    return np.repeat(per_group.T, op.filters // groups, axis=1)


def _depthwise(op: DepthwiseConv, kernel: Array, values: Array) -> Array:
    each = np.repeat(values, op.multiplier)  # of each output channel
    return each.reshape(kernel.shape[-2:])


def _separable(op: SeparableConv, kernel: Array, values: Array) -> Array:
    return np.repeat(values, op.multiplier).reshape(kernel.shape[-2:])


def _dense(_op: Dense, _kernel: Array, values: Array) -> Array:
    return values[:, None]


_FIRST: Final[Mapping[type[Op], tuple[str, Callable[[Any, Array, Array], Array]]]] = {
    Conv: ("kernel", _conv),
    DepthwiseConv: ("kernel", _depthwise),
    SeparableConv: ("depthwise_kernel", _separable),
    Dense: ("kernel", _dense),
}


def first_kernel(op: Op) -> str:
    """The name of the array that multiplies the op's input."""
    return _FIRST[type(op)][0]


def per_input(op: Op, kernel: Array, values: Array) -> Array:
    """Per-input-channel values in the shape of the first kernel's last two axes."""
    return _FIRST[type(op)][1](op, kernel, values)
