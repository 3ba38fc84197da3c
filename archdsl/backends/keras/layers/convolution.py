"""Convolutions whose kernels are tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="archdsl")
class ConvWith(keras.layers.Layer):
    """Convolves a map with a kernel ``[*taps, channels / groups, filters]``, both with the batch first.

    A batch of 1 is the same for all examples of the other. Groups follow from the channels that the kernel has.
    """

    def __init__(
        self,
        strides: Sequence[int],
        padding: str,
        dilation_rate: Sequence[int],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.strides = tuple(strides)
        self.padding = padding
        self.dilation_rate = tuple(dilation_rate)

    def call(self, inputs: Sequence[Any]) -> Any:
        x, kernel = inputs
        if kernel.shape[0] == 1:
            return self._convolved(x, kernel[0])
        if x.shape[0] == 1:
            x = ops.broadcast_to(x, (ops.shape(kernel)[0], *ops.shape(x)[1:]))
        return ops.map(
            lambda pair: self._convolved(pair[0][None], pair[1])[0], (x, kernel)
        )

    def _convolved(self, x: Any, kernel: Any) -> Any:
        how = {
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
        }
        if (
            kernel.shape[-2] == 1 < x.shape[-1]
            and len(self.strides) < 3
            and len(set(self.strides)) == 1
        ):
            # TensorFlow compiles others with groups.
            return ops.depthwise_conv(
                x, ops.reshape(kernel, (*kernel.shape[:-2], x.shape[-1], -1)), **how
            )
        return ops.conv(x, kernel, **how)

    def compute_output_spec(self, inputs: Sequence[Any]) -> Any:
        x, kernel = inputs
        group = keras.KerasTensor(
            (*x.shape[:-1], kernel.shape[-2]), dtype=self.compute_dtype
        )
        one = keras.KerasTensor(kernel.shape[1:], dtype=self.compute_dtype)
        batch = x.shape[0] if kernel.shape[0] == 1 else kernel.shape[0]
        sizes = ops.conv(
            group, one, self.strides, self.padding, dilation_rate=self.dilation_rate
        ).shape[1:]
        return keras.KerasTensor((batch, *sizes), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        own = {
            "strides": list(self.strides),
            "padding": self.padding,
            "dilation_rate": list(self.dilation_rate),
        }
        return {**super().get_config(), **own}
