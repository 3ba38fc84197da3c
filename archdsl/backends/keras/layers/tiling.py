"""Layers that cut a map into blocks and put blocks together: onto channels, or into windows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
from keras import ops

# A map [b, h, w, c] in blocks is [b, h / s, s, w / s, s, c]: odd axes count blocks, even ones places in a block.


def _cut(x: Any, size: Sequence[int]) -> Any:
    """``[b, h, w, c]`` to ``[b, h / s, s, w / s, s, c]``."""
    batch, *dims, channels = ops.shape(x)
    pairs = [part for dim, block in zip(dims, size, strict=True) for part in (dim // block, block)]
    return ops.reshape(x, (batch, *pairs, channels))


def _sew(x: Any, size: Sequence[int]) -> Any:
    """The inverse of ``_cut``."""
    batch, *pairs, channels = ops.shape(x)
    dims = [blocks * block for blocks, block in zip(pairs[::2], size, strict=True)]
    return ops.reshape(x, (batch, *dims, channels))


def _axes(rank: int, order: str) -> tuple[int, ...]:
    """Axes of a map in blocks, the blocks first, then what lies in a block from slowest to fastest."""
    blocks, places, channels = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2), 2 * rank + 1
    inside = {"hwc": (*places, channels), "whc": (*reversed(places), channels), "chw": (channels, *places)}[order]
    return (0, *blocks, *inside)


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


class _Shuffle(keras.layers.Layer):
    """Moves places of blocks to channels or back; ``order`` as in archdsl's ``space_to_depth``."""

    def __init__(self, size: Sequence[int], order: str = "hwc", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)
        self.order = order

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "order": self.order}


@keras.saving.register_keras_serializable(package="archdsl")
class SpaceToDepth(_Shuffle):
    """``[h, w, c]`` to ``[h / s, w / s, s * s * c]``."""

    def call(self, inputs: Any) -> Any:
        rank = len(self.size)
        x = ops.transpose(_cut(inputs, self.size), _axes(rank, self.order))
        return ops.reshape(x, (*ops.shape(x)[: rank + 1], prod(self.size) * inputs.shape[-1]))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        assert channels is not None
        kept = (None if dim is None else dim // block for dim, block in zip(dims, self.size, strict=True))
        return (batch, *kept, channels * prod(self.size))


@keras.saving.register_keras_serializable(package="archdsl")
class DepthToSpace(_Shuffle):
    """``[h, w, s * s * c]`` to ``[h * s, w * s, c]``."""

    def call(self, inputs: Any) -> Any:
        rank, axes = len(self.size), _axes(len(self.size), self.order)
        inside = (*(n for block in self.size for n in (0, block)), inputs.shape[-1] // prod(self.size))
        parts = [inside[axis - 1] for axis in axes[rank + 1 :]]
        x = ops.reshape(inputs, (*ops.shape(inputs)[:-1], *parts))
        return _sew(ops.transpose(x, _inverse(axes)), self.size)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        assert channels is not None
        grown = (None if dim is None else dim * block for dim, block in zip(dims, self.size, strict=True))
        return (batch, *grown, channels // prod(self.size))


@keras.saving.register_keras_serializable(package="archdsl")
class WindowPartition(keras.layers.Layer):
    """``[h, w, c]`` to ``[windows, places, c]``, both row by row."""

    def __init__(self, window: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = tuple(window)

    def call(self, inputs: Any) -> Any:
        rank = len(self.window)
        x = ops.transpose(_cut(inputs, self.window), _axes(rank, "hwc"))
        batch, *blocks = ops.shape(x)[: rank + 1]
        return ops.reshape(x, (batch, prod(blocks), prod(self.window), inputs.shape[-1]))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        known = [dim // block for dim, block in zip(dims, self.window, strict=True) if dim is not None]
        return (batch, prod(known) if len(known) == len(dims) else None, prod(self.window), channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window}


@keras.saving.register_keras_serializable(package="archdsl")
class WindowMerge(keras.layers.Layer):
    """``[windows, places, c]`` to ``[h, w, c]``; one of ``size`` may be ``None``, and follows from the rest."""

    def __init__(self, window: Sequence[int], size: Sequence[int | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = tuple(window)
        self.size = tuple(size)

    def call(self, inputs: Any) -> Any:
        blocks = [None if n is None else n // block for n, block in zip(self.size, self.window, strict=True)]
        batch, windows, _, channels = ops.shape(inputs)
        rest = windows // prod(n for n in blocks if n is not None)
        counts = [rest if n is None else n for n in blocks]
        x = ops.reshape(inputs, (batch, *counts, *self.window, channels))
        return _sew(ops.transpose(x, _inverse(_axes(len(self.window), "hwc"))), self.window)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window, "size": self.size}
