"""Learned tensors and tables, and constants: layers of archdsl, whose configurations are the arguments of its ops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads, single


def _learned(config: Config) -> dict[str, Any]:
    return {"l2": config.l2("regularizer"), "trainable": config.flag("trainable", True)}


@reads("archdsl>ClassToken")
def _class_token(config: Config, use: Use) -> str:
    return use.emit("class_token", count=config.integer("count"), **_learned(config))


@reads("archdsl>PositionEmbedding")
def _position_embedding(config: Config, use: Use) -> str:
    return use.emit("position_embedding", **_learned(config))


@reads("archdsl>Scale")
def _scale(config: Config, use: Use) -> str:
    start = config.start("initializer")
    per = "channel" if config.flag("per_channel") else "tensor"
    return use.emit(
        "scale", value=1.0 if start is None else start, per=per, bias=config.flag("use_bias"), **_learned(config)
    )


@reads("archdsl>Parameter")
def _parameter(config: Config, use: Use) -> str:
    return use.start("parameter", size=config.axes("size"), **_learned(config))


@reads("archdsl>RelativePositionBias")
def _relative_position_bias(config: Config, use: Use) -> str:
    h, w = config.grid("map")
    return use.start("relative_position_bias", heads=config.integer("heads"), map=(h, w), **_learned(config))


@reads("archdsl>Constant")
def _constant(config: Config, use: Use) -> str:
    given = config.values.get("arguments")
    if not isinstance(given, Mapping):
        raise Unsupported(f"arguments={given!r}")
    arguments: dict[str, Any] = {
        str(name): tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    return use.start(config.word("rule", "constant", "ramp", "sinusoid", "rotary", "causal_mask"), **arguments)


@reads("archdsl>Repeat")
def _repeat(_: Config, use: Use) -> str:
    """A tensor as often as a batch has examples: the language has no batches."""
    return use.inputs[0]


@reads("archdsl>ConvWith")
def _conv_with(config: Config, use: Use) -> str:
    if len(use.inputs) != 2:
        raise Unsupported(f"it has {len(use.inputs)} inputs")
    channels, (*taps, seen, filters) = use.shape()[-1], use.shape(1)
    arguments: dict[str, Any] = {
        "k": tuple(taps),
        "stride": config.sizes("strides"),
        "pad": config.word("padding", "same", "valid"),
        "dilation": config.sizes("dilation_rate"),
        "bias": False,
    }
    arguments["k"] = taps[0] if len({*taps}) == 1 else tuple(taps)
    if seen == 1 and channels > 1:
        return use.emit("depthwise_conv", multiplier=filters // channels, **arguments)
    return use.emit("conv", filters=filters, groups=channels // seen, **arguments)


@reads("archdsl>Bias")
def _bias(config: Config, use: Use) -> str:
    """What is added to a convolution whose kernel is given: the bias that the op itself has."""
    made = use.graph.nodes.get(use.inputs[0])
    if made is None or made.op.name not in ("conv", "depthwise_conv") or len(made.inputs) != 2:
        raise Unsupported("it follows no convolution whose kernel is given")
    op = made.op.model_copy(update={"bias": True, "trainable": config.flag("trainable", True)})
    return use.graph.add(use.name, op, made.inputs, use.owner)


@reads("Embedding")
def _embedding(config: Config, use: Use) -> str:
    single(use)
    config.only("mask_zero", False)
    config.only("lora_rank", None)
    return use.emit(
        "embedding",
        vocabulary=config.integer("input_dim"),
        width=config.integer("output_dim"),
        l2=config.l2("embeddings_regularizer"),
        trainable=config.flag("trainable", True),
    )
