"""Convolutions and dense layers."""

from __future__ import annotations

from typing import Any

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.layers.activation import activated
from archdsl.intake.keras.use import Use, reads, single


def _window(config: Config) -> dict[str, Any]:
    config.channels_last()
    found: dict[str, Any] = {
        "k": config.sizes("kernel_size"),
        "stride": config.sizes("strides"),
        "pad": config.word("padding", "same", "valid"),
        "bias": config.flag("use_bias", True),
        "trainable": config.flag("trainable", True),
    }
    return found


@reads("Conv1D", "Conv2D", "Conv3D")
def _conv(config: Config, use: Use) -> str:
    single(use)
    value = use.emit(
        "conv",
        filters=config.integer("filters"),
        dilation=config.sizes("dilation_rate"),
        groups=config.integer("groups", 1),
        l2=config.l2("kernel_regularizer"),
        **_window(config),
    )
    return activated(config, use, value)


@reads("DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(config: Config, use: Use) -> str:
    """A kernel of one place whose numbers begin equal is a scale, as ConvNeXt's are."""
    single(use)
    window, start = _window(config), config.start("depthwise_initializer")
    plain = all(config.sizes(name) == 1 for name in ("kernel_size", "strides"))
    if plain and start is not None and len(use.shape()) == 3 and config.integer("depth_multiplier", 1) == 1:
        penalty, bias = config.l2("depthwise_regularizer"), window["bias"]
        value = use.emit("scale", value=start, bias=bias, l2=penalty, trainable=window["trainable"])
        return activated(config, use, value)
    value = use.emit(
        "depthwise_conv",
        dilation=config.sizes("dilation_rate"),
        multiplier=config.integer("depth_multiplier", 1),
        l2=config.l2("depthwise_regularizer"),
        **window,
    )
    return activated(config, use, value)


@reads("SeparableConv1D", "SeparableConv2D")
def _separable(config: Config, use: Use) -> str:
    single(use)
    penalties = {config.l2("depthwise_regularizer"), config.l2("pointwise_regularizer")}
    if len(penalties) > 1:
        raise Unsupported("its two kernels have different penalties")
    value = use.emit(
        "separable_conv",
        filters=config.integer("filters"),
        dilation=config.sizes("dilation_rate"),
        multiplier=config.integer("depth_multiplier", 1),
        l2=penalties.pop(),
        **_window(config),
    )
    return activated(config, use, value)


@reads("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def _transposed(config: Config, use: Use) -> str:
    single(use)
    config.only("output_padding", None)
    if config.sizes("dilation_rate") != 1:
        raise Unsupported("dilation_rate has no counterpart")
    value = use.emit(
        "conv_transpose",
        filters=config.integer("filters"),
        l2=config.l2("kernel_regularizer"),
        **_window(config),
    )
    return activated(config, use, value)


@reads("Dense")
def _dense(config: Config, use: Use) -> str:
    single(use)
    config.only("quantization_config", None)
    value = use.emit(
        "dense",
        units=config.integer("units"),
        bias=config.flag("use_bias", True),
        l2=config.l2("kernel_regularizer"),
        trainable=config.flag("trainable", True),
    )
    return activated(config, use, value)
