"""Convolutions. ONNX takes kernels as [outputs, inputs, taps…], and numeric padding."""

from __future__ import annotations

from math import prod

import numpy as np

from archdsl.backends.keras.held import held
from archdsl.backends.onnx.initial import GLOROT_UNIFORM, ZEROS
from archdsl.backends.onnx.lowering.windows import padding
from archdsl.backends.onnx.program import Attribute
from archdsl.backends.onnx.registry import FIRST, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.axes import known_channels
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, ConvBase, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import pad_pairs


def bias(op: ConvBase, site: Site) -> list[str]:
    return [site.weight("bias", op.bias_init or ZEROS)] if op.bias else []


def _window(op: Conv | DepthwiseConv | SeparableConv, site: Site) -> dict[str, Attribute]:
    """The attributes of a sliding window."""
    rank, sizes = site.rank, site.inputs[0][:-1]
    k, strides = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride")
    dilations = per_axis(op.dilation, rank, "dilation")
    extents = [(n - 1) * d + 1 for n, d in zip(k, dilations, strict=True)]
    window: dict[str, Attribute] = {"kernel_shape": k, "strides": strides, "dilations": dilations}
    return window | padding(op.pad if isinstance(op.pad, str) else pad_pairs(op.pad, rank), sizes, extents, strides)


def _outputs_first(rank: int) -> tuple[int, ...]:
    """From [taps…, inputs, outputs] to [outputs, inputs, taps…]."""
    return (rank + 1, rank, *range(rank))


@lowers(Conv, takes=FIRST, stretches=True)
def conv(op: Conv, site: Site, x: str, kernel: str | None = None) -> str:
    if kernel is not None:
        return _given(op, site, x, kernel, op.groups, op.filters)
    own = site.weight("kernel", op.init or GLOROT_UNIFORM, order=_outputs_first(site.rank))
    return site.emit("Conv", x, own, *bias(op, site), group=op.groups, **_window(op, site))


@lowers(DepthwiseConv, takes=FIRST, stretches=True)
def depthwise_conv(op: DepthwiseConv, site: Site, x: str, kernel: str | None = None) -> str:
    channels = known_channels(site.inputs[0])
    if kernel is not None:
        return _given(op, site, x, kernel, channels, channels * op.multiplier)
    own = _depthwise_kernel(op, site, "kernel")
    return site.emit("Conv", x, own, *bias(op, site), group=channels, **_window(op, site))


def _given(op: Conv | DepthwiseConv, site: Site, x: str, kernel: str, groups: int, filters: int) -> str:
    """A convolution with a given kernel ``[batch, filters, taps…, channels of a group]``.

    Where each example has a kernel of its own, it is a product with what each window sees, which a convolution by
    kernels of a single 1 gathers.
    """
    rank = site.rank
    kernel = site.emit("Transpose", kernel, perm=(0, 1, rank + 2, *range(2, rank + 2)))
    if site.constant[1]:
        own = site.emit("Squeeze", kernel, site.ints(0))
        return site.emit("Conv", x, own, *bias(op, site), group=groups, **_window(op, site))
    k, channels = per_axis(op.k, site.rank, "k"), known_channels(site.inputs[0])
    taps = prod(k)
    picks = np.tile(np.eye(taps).reshape(taps, 1, *k), (channels, *(1,) * (site.rank + 1)))
    seen = site.emit("Conv", x, site.table("taps", picks), group=channels, **_window(op, site))
    size = channels // groups * taps
    rows = site.reshape(kernel, groups, filters // groups, size)
    made = site.emit("MatMul", rows, site.emit("Reshape", seen, site.ints(0, groups, size, -1)))
    shape = site.emit("Concat", site.ints(0, filters), site.emit("Shape", seen, start=2), axis=0)
    made = site.emit("Reshape", made, shape)
    if not op.bias:
        return made
    return site.emit("Add", made, site.weight("bias", op.bias_init or ZEROS, shape=(filters, *(1,) * site.rank)))


@lowers(SeparableConv, takes=FIRST)
def separable_conv(op: SeparableConv, site: Site, x: str) -> str:
    channels = known_channels(site.inputs[0])
    between = site.emit("Conv", x, _depthwise_kernel(op, site, "depthwise_kernel"), group=channels, **_window(op, site))
    pointwise = site.weight("pointwise_kernel", op.init or GLOROT_UNIFORM, order=_outputs_first(site.rank))
    return site.emit("Conv", between, pointwise, *bias(op, site), kernel_shape=(1,) * site.rank)


def _depthwise_kernel(op: DepthwiseConv | SeparableConv, site: Site, name: str) -> str:
    """The kernel of a convolution with one group per channel, initialised as Keras does."""
    variable = held(op, [site.inputs]).get(name)
    drawn = variable and variable.shape
    return site.weight(name, op.init or GLOROT_UNIFORM, order=_outputs_first(site.rank), drawn=drawn)
