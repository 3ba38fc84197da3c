"""A model as a list of ONNX steps: lowerings append to it, and local functions are extracted from it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Attribute: TypeAlias = int | float | str | Sequence[int] | Array

FLOAT: Final = 1
INT64: Final = 7
"""ONNX's numbers for types."""
ABSENT: Final = ""
"""The name of an optional input that is omitted before a given one."""


class Value(NamedTuple):
    """A tensor of the program: batch first, channels last or right after the batch."""

    name: str
    first: bool = False
    """Whether the channels come right after the batch; never where there is no other dimension."""


@dataclass(slots=True)
class Step:
    """One node: an operator of ONNX, or a call of a local function."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: tuple[int, ...] = ()
    """The instances of blocks that it belongs to, the outermost first."""
    name: str = ""
    is_call: bool = False


class Initial(NamedTuple):
    """An initialiser of the file, computed when it is written."""

    shape: tuple[int, ...]
    make: Callable[[], Array]
    dtype: np.dtype[Any] = np.dtype("float32")

    @property
    def size(self) -> int:
        """The size in bytes."""
        return prod(self.shape) * self.dtype.itemsize


@dataclass(slots=True)
class Program:
    """Steps in topological order; every tensor has one name in all of them."""

    steps: list[Step] = field(default_factory=list)
    arrays: dict[str, Initial] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    kept: dict[Hashable, str] = field(default_factory=dict)
    """The names of arrays by a key of their content."""

    homes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The blocks that each tensor is made in; arrays of the file and inputs of the model are in none."""

    def insert(self, step: Step, *, before: tuple[int, ...] | None = None) -> None:
        """Inserts a step at the end, or before the last steps there that are in some blocks."""
        index = len(self.steps)
        while before is not None and index and self.steps[index - 1].blocks[: len(before)] == before:
            index -= 1
        self.steps.insert(index, step)
        self.homes |= dict.fromkeys(step.outputs, step.blocks)

    def fresh(self, name: str) -> str:
        """The name, or the name with a number if it is taken."""
        found, number = name, 1
        while found in self.names:
            number += 1
            found = f"{name}_{number}"
        self.names.add(found)
        return found

    def rename(self, old: str, new: str) -> None:
        """Renames a tensor to an unused name."""
        for step in self.steps:
            step.inputs = [new if name == old else name for name in step.inputs]
            step.outputs = [new if name == old else name for name in step.outputs]
        if old in self.arrays:
            self.arrays[new] = self.arrays.pop(old)
        self.names.discard(old)
        self.names.add(new)

    def prune(self, outputs: Sequence[str]) -> None:
        """Removes dead steps, from which no output is computed."""
        wanted = set(outputs)
        kept = []
        for step in reversed(self.steps):
            if wanted.intersection(step.outputs):
                wanted.update(step.inputs)
                kept.append(step)
        self.steps = kept[::-1]
        self.arrays = {name: array for name, array in self.arrays.items() if name in wanted}
