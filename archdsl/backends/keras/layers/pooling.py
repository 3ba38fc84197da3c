"""Poolings whose padding is given in numbers and does not take part, and adaptive pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class _PaddedPooling(keras.layers.Layer):
    """Pooling by windows over a padded map; ``pads`` are pairs (before, after) for each spatial dimension."""

    def __init__(
        self, pool_size: Sequence[int], strides: Sequence[int], pads: Sequence[Sequence[int]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = tuple(pool_size)
        self.strides = tuple(strides)
        self.pads = tuple((int(before), int(after)) for before, after in pads)

    def padded(self, x: Any, value: float) -> Any:
        return ops.pad(x, [(0, 0), *self.pads, (0, 0)], constant_values=value)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *spatial, channels = input_shape
        pooled = (
            None if n is None else (n + before + after - k) // s + 1
            for n, k, s, (before, after) in zip(spatial, self.pool_size, self.strides, self.pads, strict=True)
        )
        return (batch, *pooled, channels)

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("pool_size", "strides", "pads")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="archdsl")
class PaddedMaxPooling(_PaddedPooling):
    """Max pooling in which padding is minus infinity and so never wins."""

    def call(self, inputs: Any) -> Any:
        padded = self.padded(inputs, -float("inf"))
        return ops.max_pool(padded, self.pool_size, self.strides, padding="valid", data_format="channels_last")


@keras.saving.register_keras_serializable(package="archdsl")
class PaddedAveragePooling(_PaddedPooling):
    """Average pooling in which padding does not count: each mean is over what lies inside the map."""

    def call(self, inputs: Any) -> Any:
        inside = ops.ones_like(inputs[:1, ..., :1])
        return ops.divide(self._mean(inputs), self._mean(inside))

    def _mean(self, x: Any) -> Any:
        padded = self.padded(x, 0.0)
        return ops.average_pool(padded, self.pool_size, self.strides, padding="valid", data_format="channels_last")


@keras.saving.register_keras_serializable(package="archdsl")
class AdaptiveAveragePooling(keras.layers.Layer):
    """Means over windows from ``floor(i * n / size)`` to ``ceil((i + 1) * n / size)``, for ``i`` below ``size``.

    Keras has ``AdaptiveAveragePooling2D`` with the same rule, but only in its latest versions.
    """

    def __init__(self, output_size: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = tuple(output_size)

    def call(self, inputs: Any) -> Any:
        # The mean over a box is the mean of means along its sides: a product with one matrix for each dimension.
        x = inputs
        for axis, size in enumerate(self.output_size, start=1):
            matrix = ops.convert_to_tensor(self._windows(inputs.shape[axis], size), dtype=x.dtype)
            x = ops.moveaxis(ops.tensordot(x, matrix, axes=[[axis], [1]]), -1, axis)
        return x

    @staticmethod
    def _windows(n: int, size: int) -> np.ndarray[Any, Any]:
        """A row for each output, with the weight of each of the ``n`` inputs in it."""
        weights = np.zeros((size, n), "float32")
        for i in range(size):
            start, end = i * n // size, -(-(i + 1) * n // size)
            weights[i, start:end] = 1 / (end - start)
        return weights

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.output_size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size}
