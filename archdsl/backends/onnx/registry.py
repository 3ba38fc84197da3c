"""The registry of lowerings, with the axis order that each takes."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from importlib import import_module
from typing import NamedTuple, TypeAlias

from archdsl.backends.onnx.program import Value
from archdsl.ops.base import Op


class Axes(Enum):
    """The axis order that a lowering takes, after the batch."""

    LAST = "the channels last, as the spec has them"
    FIRST = "the channels after the batch, as ONNX's convolutions and poolings have them"
    AS_THEY_COME = "as the first input has them"


LAST, FIRST, AS_THEY_COME = Axes

Lowering: TypeAlias = Callable[..., str | Value]
"""From an op, its site and the names of its input tensors to that of its output."""


class Entry(NamedTuple):
    lowering: Lowering
    takes: Axes
    stretches: bool


_LOWERINGS: dict[type[Op], Entry] = {}


def lowers(*ops: type[Op], takes: Axes = LAST, stretches: bool = False) -> Callable[[Lowering], Lowering]:
    """Registers the lowering of some ops.

    It gives the name of a tensor whose axes are in the order of its inputs, or a ``Value`` that says which. With
    ``stretches``, constants among its inputs may have a batch of 1 where others have more.
    """

    def register(function: Lowering) -> Lowering:
        for op in ops:
            assert op not in _LOWERINGS, f"{op.name} is lowered twice"
            _LOWERINGS[op] = Entry(function, takes, stretches)
        return function

    return register


def lowering(op: type[Op]) -> Entry:
    """The lowering of an op. A family is imported when one of its ops is first lowered."""
    if op not in _LOWERINGS:
        import_module(f"archdsl.backends.onnx.lowering.{op.__module__.rpartition('.')[2]}")
    return _LOWERINGS[op]
