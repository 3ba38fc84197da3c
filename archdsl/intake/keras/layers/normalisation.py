"""Normalisations, learned and given."""

from __future__ import annotations

from typing import Any

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads, single


def _last(config: Config, use: Use) -> None:
    """The axis that is normalised must be the last one."""
    axis = config.values.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(use.shape())) or isinstance(axis, bool):
        raise Unsupported(f"axis={axis!r} is not that of the channels")


def _common(config: Config) -> dict[str, Any]:
    """The arguments that norms with a gain have in common."""
    return {
        "eps": config.number("epsilon"),
        "l2": config.l2("gamma_regularizer"),
        "trainable": config.flag("trainable", True),
    }


def _affine(config: Config) -> dict[str, Any]:
    """Whether a norm has a gain, and whether an offset."""
    return {"scale": config.flag("scale", True), "center": config.flag("center", True)}


@reads("BatchNormalization")
def _batch_norm(config: Config, use: Use) -> str:
    single(use)
    _last(config, use)
    config.only("renorm", False)
    return use.emit("batch_norm", momentum=config.number("momentum"), **_affine(config), **_common(config))


@reads("LayerNormalization")
def _layer_norm(config: Config, use: Use) -> str:
    single(use)
    _last(config, use)
    config.only("rms_scaling", False)
    return use.emit("layer_norm", **_affine(config), **_common(config))


@reads("GroupNormalization")
def _group_norm(config: Config, use: Use) -> str:
    single(use)
    _last(config, use)
    groups, affine = config.integer("groups"), _affine(config)
    if groups in (-1, use.shape()[-1]):
        return use.emit("instance_norm", **affine, **_common(config))
    if not all(affine.values()):
        raise Unsupported("groups are normalised without scale or center")
    return use.emit("group_norm", groups=groups, **_common(config))


@reads("RMSNormalization", "archdsl>RootMeanSquareNormalization")
def _rms_norm(config: Config, use: Use) -> str:
    single(use)
    _last(config, use)
    arguments: dict[str, Any] = {"l2": config.l2("scale_regularizer"), "trainable": config.flag("trainable", True)}
    return use.emit("rms_norm", eps=config.number("epsilon"), **arguments)


@reads("Normalization")
def _normalization(config: Config, use: Use) -> str:
    single(use)
    _last(config, use)
    config.only("invert", False)
    if config.values.get("mean") is None and config.values.get("variance") is None:
        return use.emit("normalize")
    return use.emit("normalize", mean=config.per_channel("mean"), variance=config.per_channel("variance"))


@reads("Rescaling")
def _rescaling(config: Config, use: Use) -> str:
    single(use)
    return use.emit("rescale", factor=config.per_channel("scale"), offset=config.per_channel("offset"))
