"""A Keras model as the configuration that a ``.keras`` file stores."""

from __future__ import annotations

import json
from typing import Any

import keras


def document(model: keras.Model) -> Any:
    """The configuration of a model, as in ``config.json``. Raises ``TypeError`` for other objects."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"a model of Keras is wanted, not {type(model).__name__}")
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def writer() -> str:
    """The version of Keras, which stands for the writer of a model in memory."""
    return f"keras {keras.__version__}"


def outputs(model: keras.Model) -> list[list[int | None]]:
    """The shapes of a model's outputs, with the batch, in the order of its configuration."""
    return [[*output.shape] for output in keras.tree.flatten(model.outputs)]


def weights(model: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of the weights of each layer by name, also of layers in nested models."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= weights(layer)
        else:
            found[layer.name] = [tuple(weight.shape) for weight in layer.weights]
    return found
