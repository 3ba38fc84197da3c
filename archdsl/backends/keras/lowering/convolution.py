"""Convolutions. Keras pads by rule only, so padding in numbers is a ZeroPadding layer before."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers import convolution as own
from archdsl.backends.keras.lowering.spatial import by_rank, zeros
from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, ConvBase, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import pad_pairs
from archdsl.ops.transposed import ConvTranspose


def padding(op: Any, site: Site) -> tuple[tuple[keras.Layer, ...], str]:
    """Layers that pad by the op's numbers, and what is left for the layer's own ``padding``.

    Numbers that "same" would choose too need no extra layer: stride 1 and an odd kernel, half of it on each side.
    """
    if isinstance(op.pad, str):
        return (), op.pad
    pairs = pad_pairs(op.pad, site.rank)
    if not any(map(any, pairs)):
        return (), "valid"
    k, stride = per_axis(op.k, site.rank, "k"), per_axis(op.stride, site.rank, "stride")
    dilation = per_axis(op.dilation, site.rank, "dilation")
    halves = tuple(((n - 1) * d / 2,) * 2 for n, d in zip(k, dilation, strict=True))
    if set(stride) == {1} and pairs == halves:
        return (), "same"
    return (zeros(pairs, site),), "valid"


def common(op: ConvBase, site: Site) -> dict[str, Any]:
    """The arguments that every convolution of Keras has."""
    return {
        "kernel_size": per_axis(op.k, site.rank, "k"),
        "strides": per_axis(op.stride, site.rank, "stride"),
        "use_bias": op.bias,
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        "trainable": op.trainable,
        "name": site.path,
    }


@lowers(Conv)
def conv(op: Conv, site: Site) -> Layers:
    before, pad = padding(op, site)
    layer = by_rank("Conv", site)(
        filters=op.filters,
        padding=pad,
        dilation_rate=per_axis(op.dilation, site.rank, "dilation"),
        groups=op.groups,
        kernel_initializer=initializer(op),
        kernel_regularizer=penalty(op),
        **common(op, site),
    )
    return (*before, layer)


@lowers(DepthwiseConv)
def depthwise_conv(op: DepthwiseConv, site: Site) -> Layers:
    before, pad = padding(op, site)
    dilation = per_axis(op.dilation, site.rank, "dilation")
    if op.in_groups(site.rank):
        layer = by_rank("Conv", site)(
            filters=site.output[-1],
            padding=pad,
            dilation_rate=dilation,
            groups=site.inputs[0][-1],
            kernel_initializer=initializer(op),
            kernel_regularizer=penalty(op),
            **common(op, site),
        )
    else:
        layer = by_rank("DepthwiseConv", site)(
            padding=pad,
            depth_multiplier=op.multiplier,
            dilation_rate=dilation,
            depthwise_initializer=initializer(op),
            depthwise_regularizer=penalty(op),
            **common(op, site),
        )
    return (*before, layer)


@lowers(SeparableConv)
def separable_conv(op: SeparableConv, site: Site) -> Layers:
    before, pad = padding(op, site)
    layer = by_rank("SeparableConv", site)(
        filters=op.filters,
        padding=pad,
        depth_multiplier=op.multiplier,
        dilation_rate=per_axis(op.dilation, site.rank, "dilation"),
        depthwise_initializer=initializer(op),
        pointwise_initializer=initializer(op),
        depthwise_regularizer=penalty(op),
        pointwise_regularizer=penalty(op),
        **common(op, site),
    )
    return (*before, layer)


@lowers(ConvTranspose)
def conv_transpose(op: ConvTranspose, site: Site) -> Layers:
    arguments: dict[str, Any] = {
        "filters": op.filters,
        "kernel_initializer": initializer(op),
        "kernel_regularizer": penalty(op),
        **common(op, site),
    }
    trims = op.trims(site.rank)
    if not any(map(any, trims)):
        pad = op.pad if isinstance(op.pad, str) else "valid"
        return getattr(keras.layers, f"Conv{site.rank}DTranspose")(padding=pad, **arguments)
    return getattr(own, f"TrimmedConv{site.rank}DTranspose")(trims=trims, **arguments)
