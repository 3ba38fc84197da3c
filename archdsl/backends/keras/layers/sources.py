"""Layers whose output is independent of the input and has batch size 1, and a layer that repeats it for a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from archdsl.backends.keras.layers.learned import Learned
from archdsl.backends.tables import computed, relative_positions

_FLOAT16 = (-65_504.0, 65_504.0)
"""The least and the greatest number."""


@keras.saving.register_keras_serializable(package="archdsl")
class Parameter(Learned):
    """A weight, ``[1, *size]``. Its input only connects it to the model."""

    def __init__(self, size: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)

    def build(self, input_shape: Any) -> None:
        self.value = self.learn("value", self.size)

    def call(self, inputs: Any) -> Any:
        return ops.expand_dims(ops.cast(self.value, self.compute_dtype), 0)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((1, *self.size), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": list(self.size)}


@keras.saving.register_keras_serializable(package="archdsl")
class RelativePositionBias(Learned):
    """A weight of a table for each head and difference of places, ``[1, heads, tokens, tokens]``, for a map of tokens.

    What it is called on only ties it to the model.
    """

    def __init__(self, heads: int, map: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.map = (map[0], map[1])

    def build(self, input_shape: Any) -> None:
        h, w = self.map
        self.table = self.learn(
            "relative_position_bias", ((2 * h - 1) * (2 * w - 1), self.heads)
        )

    def call(self, inputs: Any) -> Any:
        biases = ops.take(
            ops.cast(self.table, self.compute_dtype),
            relative_positions(self.map),
            axis=0,
        )
        return ops.transpose(ops.expand_dims(biases, 0), (0, 3, 1, 2))

    def compute_output_spec(self, inputs: Any) -> Any:
        tokens = self.map[0] * self.map[1]
        return keras.KerasTensor(
            (1, self.heads, tokens, tokens), dtype=self.compute_dtype
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads, "map": list(self.map)}


@keras.saving.register_keras_serializable(package="archdsl")
class Constant(keras.layers.Layer):
    """``[1, *shape]`` of numbers computed by a rule; the input only connects it to the model."""

    def __init__(self, rule: str, arguments: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(trainable=False, **kwargs)
        self.rule = rule
        self.arguments = dict(arguments)
        self._numbers = computed(rule, self.arguments)

    def call(self, inputs: Any) -> Any:
        numbers = self._numbers[None]
        if self.compute_dtype == "float16":  # where a mask would be infinite
            numbers = np.clip(numbers, *_FLOAT16)
        return ops.convert_to_tensor(numbers, dtype=self.compute_dtype)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((1, *self._numbers.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable", None)
        return {**config, "rule": self.rule, "arguments": self.arguments}


@keras.saving.register_keras_serializable(package="archdsl")
class Repeat(keras.layers.Layer):
    """The first of two tensors, of batch size 1, repeated to the batch size of the second."""

    def call(self, inputs: Sequence[Any]) -> Any:
        x, batch = inputs
        return ops.broadcast_to(x, (ops.shape(batch)[0], *x.shape[1:]))

    def compute_output_spec(self, inputs: Sequence[Any]) -> Any:
        x, batch = inputs
        return keras.KerasTensor((batch.shape[0], *x.shape[1:]), dtype=x.dtype)
