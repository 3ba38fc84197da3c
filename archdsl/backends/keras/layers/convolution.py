"""Transposed convolutions whose padding is given in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class _Trimmed:
    """Takes rows off the whole ("valid") result, or adds some at its end, before the bias is added.

    ``trims`` has a pair for each spatial dimension: how many to take off before and after; a negative number after
    adds. It comes before the bias because an added row is one that no kernel reached, and has the bias too.
    """

    def __init__(self, *args: Any, trims: Sequence[Sequence[int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trims = tuple((int(before), int(after)) for before, after in trims)

    def call(self, inputs: Any) -> Any:
        layer: Any = self
        whole = ops.conv_transpose(
            inputs, layer.kernel, strides=list(layer.strides), padding="valid", data_format="channels_last"
        )
        added = [(0, max(-after, 0)) for _, after in self.trims]
        if any(map(any, added)):
            whole = ops.pad(whole, [(0, 0), *added, (0, 0)])
        kept = tuple(slice(before, -after if after > 0 else None) for before, after in self.trims)
        trimmed = whole[(slice(None), *kept)]
        return ops.add(trimmed, layer.bias) if layer.use_bias else trimmed

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *spatial, channels = super().compute_output_shape(input_shape)  # type: ignore[misc]
        trimmed = (
            None if n is None else n - before - after for n, (before, after) in zip(spatial, self.trims, strict=True)
        )
        return (batch, *trimmed, channels)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        return config | {"trims": self.trims}


@keras.saving.register_keras_serializable(package="archdsl")
class TrimmedConv1DTranspose(_Trimmed, keras.layers.Conv1DTranspose):
    """``Conv1DTranspose`` with padding in numbers."""


@keras.saving.register_keras_serializable(package="archdsl")
class TrimmedConv2DTranspose(_Trimmed, keras.layers.Conv2DTranspose):
    """``Conv2DTranspose`` with padding in numbers."""


@keras.saving.register_keras_serializable(package="archdsl")
class TrimmedConv3DTranspose(_Trimmed, keras.layers.Conv3DTranspose):
    """``Conv3DTranspose`` with padding in numbers."""
