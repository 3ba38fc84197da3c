"""Noise in training."""

from __future__ import annotations

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads


@reads("Dropout")
def _dropout(config: Config, use: Use) -> str:
    rate, noise = config.number("rate"), config.values.get("noise_shape")
    if rate == 0:
        return use.inputs[0]
    if noise is None:
        return use.emit("dropout", rate=rate)
    if noise == [None, *[1] * len(use.shape())]:
        return use.emit("drop_path", rate=rate)
    raise Unsupported(f"noise_shape={noise!r} has no counterpart")


@reads("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def _spatial_dropout(config: Config, use: Use) -> str:
    config.channels_last()
    rate = config.number("rate")
    return use.emit("spatial_dropout", rate=rate) if rate else use.inputs[0]
