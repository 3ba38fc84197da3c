"""The rows, shares and memory estimate of a summary, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from archdsl.graph.dims import Dim, Shape
from archdsl.ops.call import Call
from archdsl.passes.cost import NodeCost
from archdsl.passes.memory import DType, Memory
from archdsl.passes.receptive import Field

Kind: TypeAlias = Literal["model", "block", "group", "op", "stage"]


@dataclass(frozen=True, slots=True)
class Row:
    """An instance, a node, or a group of them. ``cost`` and ``memory`` include all descendants."""

    name: str
    """What its path adds to that of the row above."""
    named: bool
    """Whether the writer gave it that name."""
    path: str
    kind: Kind
    call: Call
    shape: Shape
    """Of the output; for an instance that of its last node."""
    cost: NodeCost
    memory: Dim
    """Bytes of the outputs of its nodes, for one example."""
    nodes: int
    field: Field | None = None
    """What its output sees of the model's input; ``None`` where it has no single output."""
    count: int = 1
    """How many that are alike share the row, whose figures are those of all of them."""
    weights_of: str = ""
    """The path of the node whose weights this one uses, where they are not its own."""
    float32: bool = False
    """Whether all of it computes in float32, whatever the precision of the rest."""
    children: tuple[Row, ...] = ()

    def walk(self) -> Iterator[tuple[int, Row]]:
        """The row and its descendants with their depth."""
        stack = [(0, self)]
        while stack:
            depth, row = stack.pop()
            yield depth, row
            stack.extend((depth + 1, child) for child in reversed(row.children))


class Share(NamedTuple):
    """The share of one kind of op in a model: ``convolution``, ``dense``, ``normalisation``."""

    kind: str
    cost: NodeCost
    nodes: int


class Estimate(NamedTuple):
    """The memory for a batch with a data type."""

    batch: int
    dtype: DType
    inference: Memory
    training: Memory
