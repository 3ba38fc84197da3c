"""A model of Keras as the data that a ``.keras`` file has of it."""

from __future__ import annotations

import json
from typing import Any

import keras


def document(model: keras.Model) -> Any:
    """The configuration of a model, as ``config.json`` has it. Raises ``TypeError`` for what is no model."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"a model of Keras is wanted, not {type(model).__name__}")
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def writer() -> str:
    """What a model in memory is of."""
    return f"keras {keras.__version__}"


def outputs(model: keras.Model) -> list[list[int | None]]:
    """The shapes of the outputs of a model, with the batch, in the order in which its document has them."""
    return [[*output.shape] for output in keras.tree.flatten(model.outputs)]


def weights(model: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of the weights of each layer by its name, also of layers of models within."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= weights(layer)
        else:
            found[layer.name] = [tuple(weight.shape) for weight in layer.weights]
    return found
