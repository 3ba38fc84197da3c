"""Convolutions. ONNX wants kernels as [outputs, inputs, taps…], and takes padding in numbers."""

from __future__ import annotations

from math import prod

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
    """The attributes of a window that slides."""
    rank, sizes = site.rank, site.inputs[0][:-1]
    k, strides = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride")
    dilations = per_axis(op.dilation, rank, "dilation")
    extents = [(n - 1) * d + 1 for n, d in zip(k, dilations, strict=True)]
    window: dict[str, Attribute] = {"kernel_shape": k, "strides": strides, "dilations": dilations}
    return window | padding(op.pad if isinstance(op.pad, str) else pad_pairs(op.pad, rank), sizes, extents, strides)


def _outputs_first(rank: int) -> tuple[int, ...]:
    """From [taps…, inputs, outputs] to [outputs, inputs, taps…]."""
    return (rank + 1, rank, *range(rank))


@lowers(Conv, takes=FIRST)
def conv(op: Conv, site: Site, x: str) -> str:
    kernel = site.weight("kernel", op.init or GLOROT_UNIFORM, order=_outputs_first(site.rank))
    return site.emit("Conv", x, kernel, *bias(op, site), group=op.groups, **_window(op, site))


@lowers(DepthwiseConv, takes=FIRST)
def depthwise_conv(op: DepthwiseConv, site: Site, x: str) -> str:
    kernel = _depthwise_kernel(op, site, "kernel")
    channels = known_channels(site.inputs[0])
    return site.emit("Conv", x, kernel, *bias(op, site), group=channels, **_window(op, site))


@lowers(SeparableConv, takes=FIRST)
def separable_conv(op: SeparableConv, site: Site, x: str) -> str:
    channels = known_channels(site.inputs[0])
    between = site.emit("Conv", x, _depthwise_kernel(op, site, "depthwise_kernel"), group=channels, **_window(op, site))
    pointwise = site.weight("pointwise_kernel", op.init or GLOROT_UNIFORM, order=_outputs_first(site.rank))
    return site.emit("Conv", between, pointwise, *bias(op, site), kernel_shape=(1,) * site.rank)


def _depthwise_kernel(op: DepthwiseConv | SeparableConv, site: Site, name: str) -> str:
    """That of a convolution with a group for each channel: the same numbers as [taps…, 1, channels * multiplier]."""
    taps = per_axis(op.k, site.rank, "k")
    filters = known_channels(site.inputs[0]) * op.multiplier
    in_groups = isinstance(op, DepthwiseConv) and op.in_groups(site.rank)
    fan_out = None if in_groups else prod(taps) * filters
    order = _outputs_first(site.rank)
    return site.weight(name, op.init or GLOROT_UNIFORM, shape=(*taps, 1, filters), order=order, fan_out=fan_out)
