"""Cuts maps into blocks and merges blocks into maps: onto channels, or into windows.

Functions of tensors; and layers that call them, for maps whose size is known only when the model runs. Where it is
known, operations of Keras alone come out of the functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import keras
from keras import ops

# A map [b, h, w, c] in blocks is [b, h / s, s, w / s, s, c]: odd axes count blocks, even ones places in a block.


def space_to_depth(x: Any, size: Sequence[int], order: str) -> Any:
    """``[h, w, c]`` to ``[h / s, w / s, s * s * c]``."""
    blocks = ops.transpose(_cut(x, size), _axes(len(size), order))
    return ops.reshape(
        blocks,
        (-1, *ops.shape(blocks)[1 : len(size) + 1], prod(size) * ops.shape(x)[-1]),
    )


def depth_to_space(x: Any, size: Sequence[int], order: str) -> Any:
    """``[h, w, s * s * c]`` to ``[h * s, w * s, c]``."""
    rank, axes = len(size), _axes(len(size), order)
    inside = (
        *(n for block in size for n in (0, block)),
        ops.shape(x)[-1] // prod(size),
    )
    parts = [inside[axis - 1] for axis in axes[rank + 1 :]]
    blocks = ops.reshape(x, (-1, *ops.shape(x)[1:-1], *parts))
    return _sew(ops.transpose(blocks, _inverse(axes)), size)


def window_partition(x: Any, window: Sequence[int]) -> Any:
    """``[h, w, c]`` to ``[windows, positions, c]``, both in row-major order."""
    blocks = ops.transpose(_cut(x, window), _axes(len(window), "hwc"))
    return ops.reshape(
        blocks,
        (
            -1,
            prod(ops.shape(blocks)[1 : len(window) + 1]),
            prod(window),
            ops.shape(x)[-1],
        ),
    )


def window_merge(x: Any, window: Sequence[int], size: Sequence[int | None]) -> Any:
    """``[windows, positions, c]`` to ``[h, w, c]``; one of ``size`` may be ``None`` and is inferred."""
    counts = [
        None if n is None else n // block for n, block in zip(size, window, strict=True)
    ]
    if None in counts:
        rest = ops.shape(x)[1] // prod(n for n in counts if n is not None)
        counts = [rest if n is None else n for n in counts]
    blocks = ops.reshape(x, (-1, *counts, *window, ops.shape(x)[-1]))
    return _sew(ops.transpose(blocks, _inverse(_axes(len(window), "hwc"))), window)


def _cut(x: Any, size: Sequence[int]) -> Any:
    """``[b, h, w, c]`` to ``[b, h / s, s, w / s, s, c]``."""
    _, *dims, channels = ops.shape(x)
    pairs = [
        part
        for dim, block in zip(dims, size, strict=True)
        for part in (dim // block, block)
    ]
    return ops.reshape(x, (-1, *pairs, channels))


def _sew(x: Any, size: Sequence[int]) -> Any:
    """The inverse of ``_cut``."""
    _, *pairs, channels = ops.shape(x)
    dims = [blocks * block for blocks, block in zip(pairs[::2], size, strict=True)]
    return ops.reshape(x, (-1, *dims, channels))


def _axes(rank: int, order: str) -> tuple[int, ...]:
    """The axes of a map in blocks: the blocks first, then the axes within a block, slowest to fastest."""
    blocks, places, channels = (
        range(1, 2 * rank, 2),
        range(2, 2 * rank + 1, 2),
        2 * rank + 1,
    )
    inside = {
        "hwc": (*places, channels),
        "whc": (*reversed(places), channels),
        "chw": (channels, *places),
    }[order]
    return (0, *blocks, *inside)


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


class _Shuffle(keras.layers.Layer):
    """Moves positions of blocks to channels or back; ``order`` as in archdsl's ``space_to_depth``."""

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
        return space_to_depth(inputs, self.size, self.order)

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        kept = (
            None if dim is None else dim // block
            for dim, block in zip(dims, self.size, strict=True)
        )
        return (batch, *kept, None if channels is None else channels * prod(self.size))


@keras.saving.register_keras_serializable(package="archdsl")
class DepthToSpace(_Shuffle):
    """``[h, w, s * s * c]`` to ``[h * s, w * s, c]``."""

    def call(self, inputs: Any) -> Any:
        return depth_to_space(inputs, self.size, self.order)

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        grown = (
            None if dim is None else dim * block
            for dim, block in zip(dims, self.size, strict=True)
        )
        return (
            batch,
            *grown,
            None if channels is None else channels // prod(self.size),
        )


@keras.saving.register_keras_serializable(package="archdsl")
class WindowPartition(keras.layers.Layer):
    """``[h, w, c]`` to ``[windows, positions, c]``, both in row-major order."""

    def __init__(self, window: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = tuple(window)

    def call(self, inputs: Any) -> Any:
        return window_partition(inputs, self.window)

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        batch, *dims, channels = input_shape
        known = [
            dim // block
            for dim, block in zip(dims, self.window, strict=True)
            if dim is not None
        ]
        return (
            batch,
            prod(known) if len(known) == len(dims) else None,
            prod(self.window),
            channels,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window}


@keras.saving.register_keras_serializable(package="archdsl")
class WindowMerge(keras.layers.Layer):
    """``[windows, positions, c]`` to ``[h, w, c]``; one of ``size`` may be ``None`` and is inferred."""

    def __init__(
        self, window: Sequence[int], size: Sequence[int | None], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.window = tuple(window)
        self.size = tuple(size)

    def call(self, inputs: Any) -> Any:
        return window_merge(inputs, self.window, self.size)

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window, "size": self.size}
