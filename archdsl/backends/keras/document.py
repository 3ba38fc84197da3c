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
