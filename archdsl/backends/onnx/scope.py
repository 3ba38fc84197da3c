"""Appends steps to a program, all named below one path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from archdsl.backends.onnx.program import Attribute, Program, Step
from archdsl.graph.dims import Dim, Shape


@dataclass(frozen=True, slots=True)
class Scope:
    """A position in a program."""

    program: Program
    path: str
    blocks: tuple[int, ...]
    """The instances of blocks that it is in, the outermost first."""

    def emit(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """Appends a step with one output and returns the output's name."""
        name = self.program.fresh(f"{self.path}/{kind}")
        self.program.insert(Step(kind, list(inputs), [name], attributes, self.blocks, name))
        return name

    def ints(self, *numbers: int) -> str:
        """A list of integers: sizes, axes, pads."""
        return self.emit("Constant", value=np.array(numbers, np.int64))

    def number(self, value: float) -> str:
        return self.emit("Constant", value=np.array(value, np.float32))

    def length(self, x: str, axis: int) -> str:
        """A list of one integer: the size of a tensor along an axis, counting the batch."""
        return self.emit("Shape", x, start=axis, end=axis + 1)

    def reshape(self, x: str, *sizes: Dim | str) -> str:
        """``x`` with another shape after the batch. Sizes known only at run time may be given as ``length``s.

        Of others there may be one, which follows from the rest.
        """
        if not any(isinstance(size, str) for size in sizes):
            known = [size if isinstance(size, int) else -1 for size in sizes]
            return self.emit("Reshape", x, self.ints(0, *known))
        parts = [size if isinstance(size, str) else self.ints(size if isinstance(size, int) else -1) for size in sizes]
        return self.emit("Reshape", x, self.emit("Concat", self.ints(0), *parts, axis=0))

    def repeated(self, x: str, shape: Shape, like: str) -> str:
        """``x``, of batch size 1, repeated to the batch size of another tensor."""
        sizes = self.emit("Concat", self.length(like, 0), self.ints(*(1 for _ in shape)), axis=0)
        return self.emit("Expand", x, sizes)

    def chained(self, kind: str, tensors: Sequence[str]) -> str:
        """A left fold with a binary operator."""
        result, *rest = tensors
        for tensor in rest:
            result = self.emit(kind, result, tensor)
        return result
