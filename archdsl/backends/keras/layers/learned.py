"""Layers that combine a learned value with their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class Learned(keras.layers.Layer):
    """Base class: the initialiser of the value, and its regulariser."""

    def __init__(
        self, initializer: Any, regularizer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)

    def learn(self, name: str, shape: Sequence[int | None]) -> Any:
        return self.add_weight(
            name=name,
            shape=tuple(shape),
            initializer=self.initializer,
            regularizer=self.regularizer,
        )

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initializer": keras.initializers.serialize(self.initializer),
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }


@keras.saving.register_keras_serializable(package="archdsl")
class ClassToken(Learned):
    """``[n, c]`` to ``[count + n, c]``: learned tokens first."""

    def __init__(
        self, count: int = 1, initializer: Any = "zeros", **kwargs: Any
    ) -> None:
        super().__init__(initializer=initializer, **kwargs)
        self.count = count

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.tokens = self.learn("tokens", (self.count, input_shape[-1]))

    def call(self, inputs: Any) -> Any:
        tokens = ops.expand_dims(ops.cast(self.tokens, inputs.dtype), 0)
        repeated = ops.broadcast_to(
            tokens, (ops.shape(inputs)[0], self.count, inputs.shape[-1])
        )
        return ops.concatenate([repeated, inputs], axis=1)

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        batch, n, channels = input_shape
        return (batch, None if n is None else n + self.count, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="archdsl")
class PositionEmbedding(Learned):
    """Adds a table with a vector for each position."""

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.embeddings = self.learn("embeddings", input_shape[1:])

    def call(self, inputs: Any) -> Any:
        return ops.add(inputs, ops.cast(self.embeddings, inputs.dtype))


@keras.saving.register_keras_serializable(package="archdsl")
class Scale(Learned):
    """Multiplies by a factor for each channel, or by a single one, then adds a bias if ``use_bias``."""

    def __init__(
        self,
        initializer: Any = "ones",
        per_channel: bool = True,
        use_bias: bool = False,
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(initializer=initializer, **kwargs)
        self.per_channel = per_channel
        self.use_bias = use_bias
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = tuple(input_shape[-1:]) if self.per_channel else ()
        self.gamma = self.learn("gamma", shape)
        self.bias = (
            self.add_weight(name="bias", shape=shape, initializer=self.bias_initializer)
            if self.use_bias
            else None
        )

    def call(self, inputs: Any) -> Any:
        scaled = ops.multiply(inputs, ops.cast(self.gamma, inputs.dtype))
        return (
            scaled
            if self.bias is None
            else ops.add(scaled, ops.cast(self.bias, inputs.dtype))
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "per_channel": self.per_channel,
            "use_bias": self.use_bias,
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


@keras.saving.register_keras_serializable(package="archdsl")
class Bias(Learned):
    """Adds a number to each channel."""

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.bias = self.learn("bias", input_shape[-1:])

    def call(self, inputs: Any) -> Any:
        return ops.add(inputs, ops.cast(self.bias, inputs.dtype))
