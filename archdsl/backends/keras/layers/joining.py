"""The matrix product of two tensors with leading dimensions; ``keras.layers.Dot`` has none but the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="archdsl")
class MatMul(keras.layers.Layer):
    """``[…, n, k]`` times ``[…, k, m]``, or times ``[…, m, k]`` with ``transpose_b``."""

    def __init__(self, transpose_b: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transpose_b = transpose_b

    def call(self, inputs: Sequence[Any]) -> Any:
        a, b = inputs
        return ops.matmul(a, ops.swapaxes(b, -1, -2) if self.transpose_b else b)

    def compute_output_shape(self, input_shape: Sequence[Sequence[int | None]]) -> tuple[int | None, ...]:
        a, b = input_shape
        return (*a[:-1], b[-2] if self.transpose_b else b[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "transpose_b": self.transpose_b}
