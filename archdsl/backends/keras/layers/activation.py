"""Activations with arguments that no layer of Keras takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="archdsl")
class TanhGelu(keras.layers.Layer):
    """GELU by its approximation with tanh. ``Activation("gelu")`` is the exact one, and takes no arguments."""

    def call(self, inputs: Any) -> Any:
        return ops.gelu(inputs, approximate=True)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)
