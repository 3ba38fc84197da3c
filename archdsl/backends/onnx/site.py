"""The site of a lowering: shapes and names, and methods that append steps and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from archdsl.backends.onnx.program import Array, Initial, Value
from archdsl.backends.onnx.scope import Scope
from archdsl.graph.dims import Shape
from archdsl.ops.init import Init

_INLINE: Final = 64
"""Elements of a constant that is written where it is used; a larger one is an array of the file."""


class Arrays(Protocol):
    """The source of the values of weights."""

    def __call__(self, key: str, shape: tuple[int, ...], start: Init, drawn: tuple[int, ...]) -> Array:
        """The array of a key, as the op has it, in float32, by default initialised by ``initial.fresh``."""


@dataclass(frozen=True, slots=True)
class Site(Scope):
    """One use of an op."""

    arrays: Arrays
    owner: str
    """The path of the node that owns the weights."""
    shapes: dict[str, tuple[int, ...]]
    """Of the op's weights, by their names."""
    inputs: tuple[Shape, ...]
    """Without the batch, channels last, whatever the order of the tensors' axes."""
    output: Shape
    given: tuple[Value, ...]
    """The inputs as they were computed, before their axes were put in the order that the lowering takes."""
    constant: tuple[bool, ...]
    """Which of the inputs depend on none of the model: their batch is 1 if the lowering stretches."""
    first: bool
    """Whether the tensors that the lowering is given have the channels right after the batch."""

    @property
    def rank(self) -> int:
        """The number of spatial dimensions of the first input."""
        return len(self.inputs[0]) - 1

    def axis(self, index: int) -> int:
        """The tensor's axis for axis ``index`` of the first input, 0 or more."""
        if not self.first:
            return index + 1
        return 1 if index == self.rank else index + 2

    def lengths_given(self, which: int, begin: int, end: int) -> str:
        """The sizes of an input along some spatial dimensions, as a list of integers."""
        value = self.given[which]
        before = 2 if value.first else 1
        return self.emit("Shape", value.name, start=begin + before, end=end + before)

    # --- constants ----------------------------------------------------------------------------------------------------

    def table(self, what: str, array: Array) -> str:
        """An array of numbers or of indices; a long one is named by its content and shared by all uses."""
        array = np.ascontiguousarray(array, np.int64 if array.dtype.kind in "iu" else np.float32)
        if array.size <= _INLINE:
            return self.emit("Constant", value=array)
        name = self.program.kept.get(key := (array.dtype.str, array.shape, array.tobytes()))
        if name is None:
            name = self.program.kept[key] = self.program.fresh(f"{self.path}/{what}")
            self.program.arrays[name] = Initial(array.shape, lambda: array, array.dtype)
        return name

    def beside(self, values: float | Sequence[float]) -> str:
        """A number, or one for each channel, in a shape that broadcasts with the first input."""
        if not isinstance(values, Sequence):
            return self.number(values)
        shape = (len(values), *(1,) * self.rank) if self.first else (len(values),)
        return self.table("values", np.reshape(np.asarray(values), shape))

    # --- weights ------------------------------------------------------------------------------------------------------

    def weight(
        self,
        name: str,
        start: Init,
        *,
        shape: Sequence[int] | None = None,
        order: Sequence[int] | None = None,
        drawn: tuple[int, ...] | None = None,
    ) -> str:
        """An array that the op owns, reshaped and then transposed.

        ``start`` is how it starts, ``drawn`` the shape that the distribution is for, if not the array's own.
        """
        key, own = f"{self.owner}/{name}", self.shapes[name]
        arrays, whole = self.arrays, own if shape is None else tuple(shape)
        axes = tuple(range(len(whole)) if order is None else order)
        if (known := self.program.kept.get((key, whole, axes))) is not None:
            return known
        stored = self.program.kept[key, whole, axes] = self.program.fresh(key)
        made = Initial(
            tuple(whole[axis] for axis in axes),
            lambda: arrays(key, own, start, drawn or own).reshape(whole).transpose(axes),
        )
        self.program.arrays[stored] = made
        return stored

    def weight_beside(self, name: str, start: Init) -> str:
        """An array for the last axes of the first input, in a shape that broadcasts with the tensor.

        Where a use has fewer axes than that of which the array has its shape, the first ones of it are 1.
        """
        size = self.rank + 1
        whole = self.shapes[name][-size:]
        if not self.first or not whole:
            return self.weight(name, start, shape=whole)
        padded = ((1,) * (size - len(whole))) + whole
        return self.weight(name, start, shape=padded, order=(self.rank, *range(self.rank)))
