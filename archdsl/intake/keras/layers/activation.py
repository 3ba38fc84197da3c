"""Activations."""

from __future__ import annotations

from typing import Final

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads

_ACTIVATIONS: Final = {
    "relu": "relu",
    "relu6": "relu6",
    "elu": "elu",
    "silu": "silu",
    "swish": "silu",
    "hard_silu": "hard_silu",
    "hard_swish": "hard_silu",
    "hard_sigmoid": "hard_sigmoid",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
    "softplus": "softplus",
    "mish": "mish",
    "gelu": "gelu",
}


def activated(config: Config, use: Use, value: str) -> str:
    """A value after the ``activation`` of a layer."""
    word = config.values.get("activation")
    if word is None or word == "linear":
        return value
    if not isinstance(word, str) or word not in _ACTIVATIONS:
        raise Unsupported(f"activation={word!r} has no counterpart")
    return use.emit(_ACTIVATIONS[word], value, part=_ACTIVATIONS[word])


@reads("Activation")
def _activation(config: Config, use: Use) -> str:
    word = config.word("activation")
    if word == "linear":
        return use.inputs[0]
    if word not in _ACTIVATIONS:
        raise Unsupported(f"activation={word!r} has no counterpart")
    return use.emit(_ACTIVATIONS[word])


@reads("ReLU")
def _relu(config: Config, use: Use) -> str:
    most = config.values.get("max_value")
    slope = config.number("negative_slope", 0.0)
    config.only("threshold", 0.0, 0)
    if most is None:
        return use.emit("leaky_relu", slope=slope) if slope else use.emit("relu")
    if slope or most != 6:
        raise Unsupported(f"max_value={most!r} with negative_slope={slope!r} has no counterpart")
    return use.emit("relu6")


@reads("LeakyReLU")
def _leaky_relu(config: Config, use: Use) -> str:
    return use.emit("leaky_relu", slope=config.number("negative_slope"))


@reads("ELU")
def _elu(config: Config, use: Use) -> str:
    return use.emit("elu", alpha=config.number("alpha", 1.0))


@reads("Softmax")
def _softmax(config: Config, use: Use) -> str:
    return use.emit("softmax", axis=use.axis(config.integer("axis", -1)))


@reads("PReLU")
def _prelu(config: Config, use: Use) -> str:
    shared = sorted(config.values.get("shared_axes") or [])
    rank = len(use.shape())
    ways = {"channel": [*range(1, rank)], "tensor": [*range(1, rank + 1)], "element": []}
    for per, axes in ways.items():
        if shared == axes:
            return use.emit(
                "prelu", per=per, l2=config.l2("alpha_regularizer"), trainable=config.flag("trainable", True)
            )
    raise Unsupported(f"shared_axes={shared!r} has no counterpart")
