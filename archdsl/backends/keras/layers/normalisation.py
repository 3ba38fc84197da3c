"""A normalisation that Keras offers with fewer options."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def unit_length(x: Any, axes: int | tuple[int, ...], epsilon: float) -> Any:
    """``x`` divided by its norm along axes, or by ``epsilon`` if that is larger; the gradient at 0 is finite."""
    half = keras.backend.standardize_dtype(x.dtype) in ("float16", "bfloat16")
    wide = ops.cast(x, "float32") if half else x  # squares overflow in float16
    squares = ops.sum(ops.square(wide), axis=axes, keepdims=True)
    unit = ops.multiply(wide, ops.rsqrt(ops.maximum(squares, epsilon * epsilon)))
    return ops.cast(unit, x.dtype) if half else unit


@keras.saving.register_keras_serializable(package="archdsl")
class RootMeanSquareNormalization(keras.layers.Layer):
    """``x / sqrt(mean of squares + epsilon) * scale`` over the last axis.

    Keras's ``RMSNormalization`` has neither the initialiser nor the regulariser: its scale starts at one.
    """

    def __init__(
        self,
        epsilon: float = 1e-6,
        scale_initializer: Any = "ones",
        scale_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.scale_initializer = keras.initializers.get(scale_initializer)
        self.scale_regularizer = keras.regularizers.get(scale_regularizer)

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(
            name="scale",
            shape=(input_shape[-1],),
            initializer=self.scale_initializer,
            regularizer=self.scale_regularizer,
        )

    def call(self, inputs: Any) -> Any:
        # In float32 as Keras's own: squares overflow in float16.
        x = ops.cast(inputs, "float32")
        x = ops.multiply(
            x,
            ops.rsqrt(
                ops.add(ops.mean(ops.square(x), axis=-1, keepdims=True), self.epsilon)
            ),
        )
        return ops.multiply(ops.cast(x, inputs.dtype), self.scale)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "scale_initializer": keras.initializers.serialize(self.scale_initializer),
            "scale_regularizer": keras.regularizers.serialize(self.scale_regularizer),
        }
