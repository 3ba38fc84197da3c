"""Convolutions, as sums over the taps of the kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from archdsl.ops import convolution as ops
from archdsl.ops.transposed import ConvTranspose
from tests.reference.definitions import Array, Call, defines, each, padded, padding, pairs, places, same


def _slide(op: ops.Conv | ops.DepthwiseConv | ops.SeparableConv, x: Array, kernel: Array, groups: int) -> Array:
    """Each group of filters sees its group of channels; the kernel is ``[*taps, channels / groups, filters]``."""
    rank = x.ndim - 2
    taps, strides, dilations = each(op.k, rank), each(op.stride, rank), each(op.dilation, rank)
    extents = [(k - 1) * d + 1 for k, d in zip(taps, dilations, strict=True)]
    x = padded(x, padding(op.pad, x.shape[1:-1], extents, strides))
    count = [(n - extent) // s + 1 for n, extent, s in zip(x.shape[1:-1], extents, strides, strict=True)]
    channels, filters = kernel.shape[-2:]
    out = np.zeros((len(x), *count, filters))
    for tap in product(*map(range, taps)):
        seen = places(x, [t * d for t, d in zip(tap, dilations, strict=True)], count, strides)
        for group in range(groups):
            of = slice(group * filters // groups, (group + 1) * filters // groups)
            out[..., of] += seen[..., group * channels : (group + 1) * channels] @ kernel[tap][:, of]
    return out


def _depthwise(op: ops.DepthwiseConv | ops.SeparableConv, x: Array, kernel: Array) -> Array:
    """Output channel ``c * multiplier + m`` is made by the ``m``-th kernel of input channel ``c``.

    The kernel is ``[*taps, 1, channels * multiplier]``.
    """
    return _slide(op, x, kernel, groups=x.shape[-1])


def _with_kernel(call: Call, convolve: Callable[[Array, Array], Array]) -> Array:
    """With the op's own kernel, or each example with that which it is given."""
    if len(call.inputs) == 1:
        return convolve(call.x, call.weights["kernel"])
    return np.concatenate([convolve(x[None], kernel) for x, kernel in zip(*call.inputs, strict=True)])


@defines(ops.Conv)
def conv(op: ops.Conv, call: Call) -> Array:
    made = _with_kernel(call, lambda x, kernel: _slide(op, x, kernel, op.groups))
    return made + call.weights.get("bias", 0)


@defines(ops.DepthwiseConv)
def depthwise_conv(op: ops.DepthwiseConv, call: Call) -> Array:
    return _with_kernel(call, lambda x, kernel: _depthwise(op, x, kernel)) + call.weights.get("bias", 0)


@defines(ops.SeparableConv)
def separable_conv(op: ops.SeparableConv, call: Call) -> Array:
    between = _depthwise(op, call.x, call.weights["depthwise_kernel"])
    pointwise = call.weights["pointwise_kernel"]
    return between @ pointwise.reshape(pointwise.shape[-2:]) + call.weights.get("bias", 0)


@defines(ConvTranspose)
def conv_transpose(op: ConvTranspose, call: Call) -> Array:
    """Each input element adds a copy of the kernel, ``[*taps, filters, channels]``; then the ends are cut, or grow."""
    x, kernel = call.x, call.weights["kernel"]
    taps, strides = each(op.k, call.rank), each(op.stride, call.rank)
    sizes = [(n - 1) * s + k for n, k, s in zip(x.shape[1:-1], taps, strides, strict=True)]
    whole = np.zeros((len(x), *sizes, op.filters))
    for tap in product(*map(range, taps)):
        places(whole, tap, x.shape[1:-1], strides)[...] += x @ kernel[tap].T
    before, wanted = _ends(op, x.shape[1:-1], taps, strides)
    after = [max(b + n - size, 0) for b, n, size in zip(before, wanted, sizes, strict=True)]
    return places(padded(whole, [(0, n) for n in after]), before, wanted, [1] * call.rank) + call.weights.get("bias", 0)


def _ends(
    op: ConvTranspose, shape: Sequence[int], taps: Sequence[int], strides: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Where the output begins in the whole result, and its size.

    "same" cuts what a convolution with "same" that goes back from the output to the input pads.
    """
    axes = list(zip(shape, taps, strides, strict=True))
    if op.pad == "same":
        return [same(n * s, k, s)[0] for n, k, s in axes], [n * s for n, _, s in axes]
    if op.pad == "valid":
        return [0] * len(axes), [max((n - 1) * s + k, n * s) for n, k, s in axes]
    sides, extra = pairs(op.pad, len(axes)), each(op.output_pad, len(axes))
    return [before for before, _ in sides], [
        (n - 1) * s + k - before - after + more
        for (n, k, s), (before, after), more in zip(axes, sides, extra, strict=True)
    ]
