"""Convolutions. Keras pads by rule only, so padding in numbers is a ZeroPadding layer before."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, pad_pairs


def by_rank(name: str, site: Site) -> Any:
    """The Keras layer class for the spatial rank of the input: ``Conv`` gives Conv1D, Conv2D or Conv3D."""
    return getattr(keras.layers, f"{name}{site.rank}D")


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
    dilation = per_axis(getattr(op, "dilation", 1), site.rank, "dilation")
    halves = tuple(((n - 1) * d / 2,) * 2 for n, d in zip(k, dilation, strict=True))
    if set(stride) == {1} and pairs == halves:
        return (), "same"
    pads: Any = pairs[0] if site.rank == 1 else pairs
    return (by_rank("ZeroPadding", site)(pads, name=f"{site.path}.pad"),), "valid"


@lowers(Conv)
def conv(op: Conv, site: Site) -> Layers:
    before, pad = padding(op, site)
    layer = by_rank("Conv", site)(
        op.filters,
        per_axis(op.k, site.rank, "k"),
        strides=per_axis(op.stride, site.rank, "stride"),
        padding=pad,
        dilation_rate=per_axis(op.dilation, site.rank, "dilation"),
        groups=op.groups,
        use_bias=op.bias,
        kernel_initializer=initializer(op),
        bias_initializer=initializer(op, "bias_init", "zeros"),
        kernel_regularizer=penalty(op),
        trainable=op.trainable,
        name=site.path,
    )
    return (*before, layer)
