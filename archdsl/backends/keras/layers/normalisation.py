"""Normalisations that Keras lacks, or offers with fewer options."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="archdsl")
class LocalResponseNormalization(keras.layers.Layer):
    """``x / (k + a * sum of squares over size channels) ^ beta``, with ``a`` either ``alpha`` or ``alpha / size``."""

    def __init__(self, size: int, alpha: float, beta: float, k: float, divide: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
        self.divide = divide

    def call(self, inputs: Any) -> Any:
        before, after = self.size // 2, (self.size - 1) // 2
        squares = ops.pad(ops.square(inputs), [(0, 0)] * (len(inputs.shape) - 1) + [(before, after)])
        # The windows overlap, so all the sums are differences of running sums; but those lose digits in float16, and
        # windows are short: add up shifted copies.
        channels = inputs.shape[-1]
        total = squares[..., :channels]
        for i in range(1, self.size):
            total = ops.add(total, squares[..., i : i + channels])
        weight = self.alpha / self.size if self.divide else self.alpha
        return ops.divide(inputs, ops.power(ops.add(ops.multiply(total, weight), self.k), self.beta))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("size", "alpha", "beta", "k", "divide")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="archdsl")
class RootMeanSquareNormalization(keras.layers.Layer):
    """``x / sqrt(mean of squares + epsilon)`` over the last axis, with an optional scale and its initialiser.

    Keras's ``RMSNormalization`` always has a scale, which always starts at one.
    """

    def __init__(
        self,
        epsilon: float = 1e-6,
        scale: bool = True,
        scale_initializer: Any = "ones",
        scale_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.use_scale = scale
        self.scale_initializer = keras.initializers.get(scale_initializer)
        self.scale_regularizer = keras.regularizers.get(scale_regularizer)
        self.scale: Any = None

    def build(self, input_shape: Any) -> None:
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale",
                shape=(input_shape[-1],),
                initializer=self.scale_initializer,
                regularizer=self.scale_regularizer,
            )

    def call(self, inputs: Any) -> Any:
        # In float32 as Keras's own: squares overflow in float16.
        x = ops.cast(inputs, "float32")
        x = ops.multiply(x, ops.rsqrt(ops.add(ops.mean(ops.square(x), axis=-1, keepdims=True), self.epsilon)))
        x = ops.cast(x, inputs.dtype)
        return x if self.scale is None else ops.multiply(x, self.scale)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "scale": self.use_scale,
            "scale_initializer": keras.initializers.serialize(self.scale_initializer),
            "scale_regularizer": keras.regularizers.serialize(self.scale_regularizer),
        }
