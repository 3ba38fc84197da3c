"""Layers that add, take or rotate places along an axis. Axes are counted without the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="archdsl")
class Pad(keras.layers.Layer):
    """Pads every axis, the channels too, by pairs (before, after): with a constant, or with the map mirrored."""

    def __init__(
        self, sides: Sequence[Sequence[int]], value: float = 0.0, mode: str = "constant", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sides = tuple((int(before), int(after)) for before, after in sides)
        self.value = value
        self.mode = mode

    def call(self, inputs: Any) -> Any:
        if self.mode == "constant":
            return ops.pad(inputs, [(0, 0), *self.sides], constant_values=self.value)
        x = inputs
        for axis, (before, after) in enumerate(self.sides, start=1):
            x = _reflect(x, axis, before, after)
        return x

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        batch, *dims = input_shape
        padded = (None if n is None else n + sum(side) for n, side in zip(dims, self.sides, strict=True))
        return (batch, *padded)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sides": self.sides, "value": self.value, "mode": self.mode}


def _reflect(x: Any, axis: int, before: int, after: int) -> Any:
    """Mirrors ``x`` at its ends. ``ops.pad`` does not, for maps of three dimensions on the torch backend."""
    parts = [x]
    if before:
        parts.insert(0, ops.flip(x[_along(axis, slice(1, before + 1))], axis))
    if after:
        parts.append(ops.flip(x[_along(axis, slice(-after - 1, -1))], axis))
    return ops.concatenate(parts, axis) if len(parts) > 1 else x


def _along(axis: int, item: slice | int) -> tuple[slice | int, ...]:
    """The index that takes ``item`` along one axis, the batch counted, and everything along those before it."""
    return (slice(None),) * axis + (item,)


@keras.saving.register_keras_serializable(package="archdsl")
class Slice(keras.layers.Layer):
    """``x[start:stop:step]`` along an axis; without ``keepdims`` ``x[start]``, which drops it."""

    def __init__(
        self, start: int, stop: int | None = None, step: int = 1, axis: int = -1, keepdims: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.stop = stop
        self.step = step
        self.axis = axis
        self.keepdims = keepdims

    def call(self, inputs: Any) -> Any:
        axis = self._index(len(inputs.shape))
        return inputs[_along(axis, slice(self.start, self.stop, self.step) if self.keepdims else self.start)]

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        axis = self._index(len(input_shape))
        kept = (self._length(input_shape[axis]),) if self.keepdims else ()
        return (*input_shape[:axis], *kept, *input_shape[axis + 1 :])

    def _index(self, rank: int) -> int:
        """The axis with the batch counted."""
        return self.axis + 1 if self.axis >= 0 else self.axis + rank

    def _length(self, size: int | None) -> int | None:
        if size is None and self.start < 0 and (self.stop is None or self.stop < 0):
            size = -self.start  # both ends count from the end of the axis, however long it is
        elif size is None and self.start >= 0 and self.stop is not None and self.stop >= 0:
            size = self.stop
        return None if size is None else len(range(size)[self.start : self.stop : self.step])

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("start", "stop", "step", "axis", "keepdims")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="archdsl")
class Roll(keras.layers.Layer):
    """Rotates the first axes after the batch, each by its shift; a positive one moves towards higher indices."""

    def __init__(self, shift: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shift = tuple(shift)

    def call(self, inputs: Any) -> Any:
        return ops.roll(inputs, self.shift, axis=tuple(range(1, len(self.shift) + 1)))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "shift": self.shift}
