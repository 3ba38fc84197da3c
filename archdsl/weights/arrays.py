"""The contents of a file of weights: arrays by name, which are read one at a time on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any, Literal


class WeightsError(ValueError):
    """A file of weights is broken, does not name its arrays, or does not fit the model."""


@dataclass(frozen=True, slots=True)
class Array:
    """One array of a file."""

    shape: tuple[int, ...]
    dtype: str
    """As NumPy names it, or ``bfloat16``."""
    read: Callable[[], Any]
    """Gives the values, as an array of NumPy."""

    @property
    def kind(self) -> Literal["float", "integer", "other"]:
        if self.dtype == "bfloat16" or self.dtype.startswith("float"):
            return "float"
        return "integer" if self.dtype.startswith(("int", "uint")) else "other"

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def reshaped(self, shape: tuple[int, ...]) -> Array:
        """The same values in another shape."""
        return Array(shape, self.dtype, lambda: self.read().reshape(shape))


def in_memory(arrays: Mapping[str, Any]) -> dict[str, Array]:
    """NumPy arrays by name, with the interface of a file."""
    return {key: Array(tuple(array.shape), array.dtype.name, partial(_itself, array)) for key, array in arrays.items()}


def _itself(array: Any) -> Any:
    return array


def refuse_unbounded(arrays: Mapping[str, Any], file: str) -> None:
    """Raises ``WeightsError`` if a NumPy array has infinities or NaN: training diverged, or the file is damaged."""
    import numpy as np

    bad = [key for key, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        others = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise WeightsError(f"{file} has infinities or NaN among the numbers for {bad[0]}{others}")


@dataclass(frozen=True, slots=True)
class Layer:
    """A file's description of a layer with arrays: for matching by order, where names cannot be used."""

    kind: str
    """The class in Keras's snake case, as files have it: ``conv2d``."""
    name: str
    keys: tuple[str, ...]
    """Of its arrays, in the order of the file."""
    within: str = ""
    """Where the model lies in the file that the layer belongs to, if that is a layer of another model."""
    is_named: bool = True
    """Whether the file says, or can say only in one way, which of the layer's arrays is which."""


@dataclass(frozen=True)
class Weights:
    """An open file of weights."""

    file: str
    arrays: Mapping[str, Array]
    """By ``path/weight``, such as ``stem.conv/kernel``."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Layer, ...] | None = None
    """Those of each kind and model in the model's order; ``None`` if the file has no order."""
    unnamed: tuple[str, ...] = ()
    """Places in the file whose arrays could be of several names, each with the reason."""

    @property
    def may_be_published(self) -> bool:
        """Whether archdsl did not write the file, so that it may have the names of another library's model."""
        return "schema" not in self.metadata
