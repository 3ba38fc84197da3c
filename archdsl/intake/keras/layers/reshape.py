"""Shapes: views, padding, cropping and enlarging."""

from __future__ import annotations

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads
from archdsl.intake.numbers import shortest


@reads("Flatten")
def _flatten(config: Config, use: Use) -> str:
    config.channels_last()
    return use.inputs[0] if len(use.shape()) == 1 else use.emit("flatten")


@reads("Reshape")
def _reshape(config: Config, use: Use) -> str:
    return use.emit("reshape", to=config.axes("target_shape"))


@reads("Permute")
def _permute(config: Config, use: Use) -> str:
    value = config.values.get("dims")
    if not isinstance(value, list) or not all(type(n) is int for n in value):
        raise Unsupported(f"dims={value!r}")
    return use.emit("permute", order=tuple(n - 1 for n in value))


@reads("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def _zero_padding(config: Config, use: Use) -> str:
    config.channels_last()
    return use.emit("pad", size=shortest(config.pairs("padding")))


@reads("Cropping1D", "Cropping2D", "Cropping3D")
def _cropping(config: Config, use: Use) -> str:
    config.channels_last()
    return use.emit("crop", size=shortest(config.pairs("cropping")))


@reads("UpSampling1D", "UpSampling2D", "UpSampling3D")
def _upsampling(config: Config, use: Use) -> str:
    config.channels_last()
    method = config.word("interpolation", "nearest", "bilinear", "bicubic", default="nearest")
    return use.emit("upsample", size=config.sizes("size"), method=method)
