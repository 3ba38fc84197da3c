"""The summary itself: the tree of instances with the figures of each part, and those of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from archdsl.graph.dims import Dim, Shape, total
from archdsl.graph.model import Graph, Node, Port
from archdsl.graph.tree import Branch, local_name, tree
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import NodeCost, cost
from archdsl.passes.memory import DType, Memory, memory
from archdsl.passes.receptive import Field, receptive_field
from archdsl.passes.sizes import Least, least_sizes

Kind: TypeAlias = Literal["model", "block", "group", "op", "stage"]


@dataclass(frozen=True, slots=True)
class Row:
    """An instance, a node, or a group of them. ``cost`` and ``memory`` are those of everything below it."""

    name: str
    """What its path adds to that of the row above."""
    named: bool
    """Whether the writer gave it that name."""
    path: str
    kind: Kind
    call: str
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
    children: tuple[Row, ...] = ()

    def walk(self) -> Iterator[tuple[int, Row]]:
        """The row and those below it with their depth."""
        stack = [(0, self)]
        while stack:
            depth, row = stack.pop()
            yield depth, row
            stack.extend((depth + 1, child) for child in reversed(row.children))


class Share(NamedTuple):
    """What one kind of op has of a model: ``convolution``, ``dense``, ``normalisation``."""

    kind: str
    cost: NodeCost
    nodes: int


class Estimate(NamedTuple):
    """Memory of a batch, at a data type."""

    batch: int
    dtype: DType
    inference: Memory
    training: Memory


@dataclass(frozen=True, slots=True)
class Summary:
    """``root`` is the model; its cost is the total. ``depth`` counts layers with weights, as papers do."""

    model: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    depth: int
    root: Row
    shares: tuple[Share, ...]
    """By kind of op, the one with the most parameters first."""
    estimate: Estimate
    sizes: tuple[Least, ...]
    """What the sizes that are left open must be at least."""
    field: Field | None
    """The receptive field of the last map: the largest window that a node looks through."""

    def __str__(self) -> str:
        from archdsl.summary.tables import render

        return render(self)

    @property
    def total(self) -> NodeCost:
        return self.root.cost

    @property
    def params(self) -> int:
        """All weights, as Keras counts them."""
        return self.total.params

    @property
    def trainable(self) -> int:
        """Weights that training changes, as papers count them."""
        return self.total.trainable

    @property
    def macs(self) -> Dim:
        """Multiply-adds for one example."""
        return self.total.macs


def summarise(graph: Graph, *, batch: int = 1, dtype: DType = "float32") -> Summary:
    """Adds up the figures of the nodes along the tree of instances.

    ``batch`` and ``dtype`` are those of the peaks of memory; all else is for one example. Nesting is bounded, by the
    elaborator and where graphs are read, so that recursion over the tree is safe.
    """
    costs = cost(graph)
    fields = receptive_field(graph)
    owners = frozenset(path for path, part in costs.nodes.items() if part.params)
    inference = memory(graph, batch=batch, dtype=dtype, costs=costs)
    training = memory(graph, batch=batch, dtype=dtype, training=True, costs=costs)
    return Summary(
        model=graph.name,
        inputs=graph.inputs,
        outputs=graph.outputs,
        depth=costs.depth,
        root=_row(tree(graph), "", _Figures(costs.nodes, inference.nodes, fields.nodes, owners)),
        shares=_shares(graph, costs.nodes),
        estimate=Estimate(batch, dtype, inference, training),
        sizes=least_sizes(graph),
        field=fields.largest,
    )


class _Figures(NamedTuple):
    """Of each node, by its path."""

    costs: Mapping[str, NodeCost]
    bytes: Mapping[str, Dim]
    fields: Mapping[str, Field]
    owners: frozenset[str]
    """The nodes with weights."""


def _row(item: Branch | Node, above: str, figures: _Figures) -> Row:
    if isinstance(item, Node):
        return Row(
            name=local_name(item.path, above),
            named=item.named,
            path=item.path,
            kind="op",
            call=call(item.op, hide=TRAINING),
            shape=item.shape,
            cost=figures.costs[item.path],
            memory=figures.bytes[item.path],
            nodes=1,
            field=figures.fields[item.path],
            weights_of=item.layer if item.layer != item.path and item.layer in figures.owners else "",
        )
    instance = item.instance
    children = tuple(_row(child, instance.path, figures) for child in item.children)
    return Row(
        name=local_name(instance.path, above),
        named=instance.named,
        path=instance.path,
        kind=instance.kind,
        call=instance.call,
        shape=children[-1].shape if children else (),
        cost=NodeCost.sum(child.cost for child in children),
        memory=total(child.memory for child in children),
        nodes=sum(child.nodes for child in children),
        field=children[-1].field if children else None,
        children=children,
    )


def _shares(graph: Graph, costs: Mapping[str, NodeCost]) -> tuple[Share, ...]:
    parts: dict[str, list[NodeCost]] = {}
    for node in graph.nodes:
        parts.setdefault(node.op.kind or node.op.family, []).append(costs[node.path])
    shares = [Share(kind, NodeCost.sum(found), len(found)) for kind, found in parts.items()]
    return tuple(sorted(shares, key=lambda share: -share.cost.params))
