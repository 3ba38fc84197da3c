"""Convolutions. Keras pads by rule only; numeric padding becomes a ZeroPadding layer before."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from archdsl.backends.keras.held import has_depthwise_layer
from archdsl.backends.keras.layers import Bias, ConvWith
from archdsl.backends.keras.lowering.spatial import by_rank, cropped, zeros
from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, ConvBase, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import pad_pairs, same_pads
from archdsl.ops.transposed import ConvTranspose


def padded(op: Any, site: Site, x: Tensor) -> tuple[Tensor, str]:
    """The input padded by the op's numbers, and the layer's remaining ``padding``.

    Numbers that "same" would choose too need no extra layer: stride 1 and an odd kernel, half of it on each side,
    whatever the size of the map.
    """
    if isinstance(op.pad, str):
        return x, op.pad
    pairs = pad_pairs(op.pad, site.rank)
    k, stride = per_axis(op.k, site.rank, "k"), per_axis(op.stride, site.rank, "stride")
    dilation = per_axis(op.dilation, site.rank, "dilation")
    halves = tuple(((n - 1) * d / 2,) * 2 for n, d in zip(k, dilation, strict=True))
    if any(map(any, pairs)) and set(stride) == {1} and pairs == halves:
        return x, "same"
    return zeros(pairs, site, x), "valid"


def common(op: ConvBase, site: Site) -> dict[str, Any]:
    """The arguments that all of Keras's convolutions share."""
    return {
        "kernel_size": per_axis(op.k, site.rank, "k"),
        "strides": per_axis(op.stride, site.rank, "stride"),
        "use_bias": op.bias,
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "trainable": op.trainable,
    }


def by_groups(op: Conv | DepthwiseConv, site: Site, x: Tensor, filters: int, groups: int) -> Tensor:
    """A convolution of ``groups`` groups of channels with a kernel of its own."""
    arguments: dict[str, Any] = {
        "filters": filters,
        "dilation_rate": per_axis(op.dilation, site.rank, "dilation"),
        "groups": groups,
        "kernel_initializer": initializer(op),
        "kernel_regularizer": penalty(op),
        **common(op, site),
    }
    if site.inputs[0][-1] == groups and all(_is_narrow(op, inputs[0]) for inputs in site.owner.uses):
        x = _one_window(op, site, x)
        strides = (*arguments["strides"][:-1], 1)
        return site.layer(by_rank("Conv", site), padding="valid", **arguments | {"strides": strides})(x)
    x, pad = padded(op, site, x)
    return site.layer(by_rank("Conv", site), padding=pad, **arguments)(x)


def _is_narrow(op: Conv | DepthwiseConv, x: Any) -> bool:
    """Whether a strided convolution makes a map with a single column.

    oneDNN, with which TensorFlow computes on CPUs, has then given wrong results on processors with AVX-512 for kernels
    with one input channel; with another type of numbers it is pytorch/pytorch#169688.
    """
    rank = len(x) - 1
    return per_axis(op.stride, rank, "stride")[-1] > 1 and all(isinstance(n, int) for n in x) and op.spatial(x)[-1] == 1


def _one_window(op: Conv | DepthwiseConv, site: Site, x: Tensor) -> Tensor:
    """The input padded and cropped to the only window along the last axis, so that no stride is left."""
    sizes = [n for n in site.inputs[0][:-1] if isinstance(n, int)]
    strides, extents = per_axis(op.stride, site.rank, "stride"), _extents(op, site.rank)
    if op.pad == "same":
        pairs: list[tuple[int, int]] = []
        for n, k, s in zip(sizes, extents, strides, strict=True):
            pads = same_pads(n, k, s)
            assert pads is not None, "sizes are known"
            pairs.append(pads)
    else:
        pairs = [*pad_pairs(0 if isinstance(op.pad, str) else op.pad, site.rank)]
    spare = sizes[-1] + sum(pairs[-1]) - extents[-1]
    before, after = pairs[-1]
    pairs[-1] = (before, max(after - spare, 0))
    return cropped([*[(0, 0)] * (site.rank - 1), (0, max(spare - after, 0))], site, zeros(pairs, site, x))


def _extents(op: Conv | DepthwiseConv, rank: int) -> tuple[int, ...]:
    pairs = zip(per_axis(op.k, rank, "k"), per_axis(op.dilation, rank, "dilation"), strict=True)
    return tuple((k - 1) * d + 1 for k, d in pairs)


def _with_kernel(op: Conv | DepthwiseConv, site: Site, x: Tensor, kernel: Tensor) -> Tensor:
    """A convolution with a given kernel, ``[*taps, channels / groups, filters]``."""
    strides = per_axis(op.stride, site.rank, "stride")
    if kernel.shape[-2] == 1 and _is_narrow(op, site.inputs[0]):
        x, pad, strides = _one_window(op, site, x), "valid", (*strides[:-1], 1)
    else:
        x, pad = padded(op, site, x)
    dilation = per_axis(op.dilation, site.rank, "dilation")
    name = site.below("product") if op.bias else site.path
    y = ConvWith(strides=strides, padding=pad, dilation_rate=dilation, name=name)([x, kernel])
    if not op.bias:
        return y
    return site.layer(Bias, initializer=initializer(op, "bias_init", "zeros"), trainable=op.trainable)(y)


@lowers(Conv, stretches=True, lifts=False)
def conv(op: Conv, site: Site, x: Tensor, kernel: Tensor | None = None) -> Tensor:
    if kernel is not None:
        return _with_kernel(op, site, x, kernel)
    return by_groups(op, site, x, op.filters, op.groups)


@lowers(DepthwiseConv, stretches=True, lifts=False)
def depthwise_conv(op: DepthwiseConv, site: Site, x: Tensor, kernel: Tensor | None = None) -> Tensor:
    channels: Any = site.inputs[0][-1]
    if kernel is not None:
        return _with_kernel(op, site, x, kernel)
    if not has_depthwise_layer(op, site.rank):
        return by_groups(op, site, x, channels * op.multiplier, channels)
    x, pad = padded(op, site, x)
    return site.layer(
        by_rank("DepthwiseConv", site),
        padding=pad,
        depth_multiplier=op.multiplier,
        dilation_rate=per_axis(op.dilation, site.rank, "dilation"),
        depthwise_initializer=_depthwise_initializer(op, site),
        depthwise_regularizer=penalty(op),
        **common(op, site),
    )(x)


@lowers(SeparableConv)
def separable_conv(op: SeparableConv, site: Site, x: Tensor) -> Tensor:
    x, pad = padded(op, site, x)
    return site.layer(
        by_rank("SeparableConv", site),
        filters=op.filters,
        padding=pad,
        depth_multiplier=op.multiplier,
        dilation_rate=per_axis(op.dilation, site.rank, "dilation"),
        depthwise_initializer=_depthwise_initializer(op, site),
        pointwise_initializer=initializer(op),
        depthwise_regularizer=penalty(op),
        pointwise_regularizer=penalty(op),
        **common(op, site),
    )(x)


def _depthwise_initializer(op: DepthwiseConv | SeparableConv, site: Site) -> Any:
    """The initialiser of a kernel [..., channels, multiplier], with a fan-out of their product."""
    channels: Any = site.inputs[0][-1]
    return initializer(op, fan_out=prod(per_axis(op.k, site.rank, "k")) * channels * op.multiplier)


@lowers(ConvTranspose)
def conv_transpose(op: ConvTranspose, site: Site, x: Tensor) -> Tensor:
    """Numeric padding is the rule "valid" with positions cropped.

    Where the numbers ask for more places at the end, there is a row of zeros after the input, whose result has more
    than enough of them.
    """
    trims = op.trims(site.rank)
    extra = [1 if after < 0 else 0 for _, after in trims]
    if trims:
        x = zeros([(0, n) for n in extra], site, x)
    layer = site.layer(
        getattr(keras.layers, f"Conv{site.rank}DTranspose"),
        filters=op.filters,
        padding=op.pad if isinstance(op.pad, str) else "valid",
        kernel_initializer=initializer(op),
        kernel_regularizer=penalty(op),
        **common(op, site),
    )
    strides = per_axis(op.stride, site.rank, "stride")
    ends = [(before, after + n * s) for (before, after), n, s in zip(trims, extra, strides, strict=bool(trims))]
    return cropped(ends, site, layer(x))
