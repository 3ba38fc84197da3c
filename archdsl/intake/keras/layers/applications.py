"""Layers that keras.applications defines for its own models."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads


@reads("LayerScale")
def _layer_scale(config: Config, use: Use) -> str:
    return use.emit("scale", value=config.number("init_values"))


@reads("StochasticDepth")
def _stochastic_depth(config: Config, use: Use) -> str:
    rate = config.number("drop_path_rate")
    return use.emit("drop_path", rate=rate) if rate else use.inputs[0]


@reads("CustomScaleLayer")
def _custom_scale(config: Config, use: Use) -> str:
    one, other = _two(use)
    scaled = use.emit("rescale", other, part="scale", factor=config.number("scale"))
    return use.emit("add", one, scaled)


def _two(use: Use) -> Sequence[str]:
    if len(use.inputs) != 2:
        raise Unsupported(f"it has {len(use.inputs)} inputs")
    return use.inputs
