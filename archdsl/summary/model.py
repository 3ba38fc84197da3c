"""The summary itself: the tree of instances with the cost of each part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from archdsl.graph.dims import Dim, Shape
from archdsl.graph.model import Graph, Node, Port
from archdsl.graph.tree import Branch, local_name, tree
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import NodeCost, cost


@dataclass(frozen=True, slots=True)
class Row:
    """An instance or a node. ``cost`` is that of everything below it."""

    name: str
    """What its path adds to that of the row above."""
    path: str
    kind: Literal["model", "block", "group", "op"]
    call: str
    shape: Shape
    """Of the output; for an instance that of its last node."""
    cost: NodeCost
    nodes: int
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


@dataclass(frozen=True, slots=True)
class Summary:
    """``root`` is the model; its cost is the total. ``depth`` counts layers with weights, as papers do."""

    model: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    depth: int
    root: Row

    def __str__(self) -> str:
        from archdsl.summary.text import to_text

        return to_text(self)

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


def summarise(graph: Graph) -> Summary:
    """Adds up the costs of the nodes along the tree of instances.

    Nesting is bounded, by the elaborator and where graphs are read, so that recursion over the tree is safe.
    """
    costs = cost(graph)
    row = _row(tree(graph), "", costs.nodes)
    return Summary(graph.name, graph.inputs, graph.outputs, costs.depth, row)


def _row(item: Branch | Node, above: str, costs: Mapping[str, NodeCost]) -> Row:
    if isinstance(item, Node):
        return Row(
            name=local_name(item.path, above),
            path=item.path,
            kind="op",
            call=call(item.op, hide=TRAINING),
            shape=item.shape,
            cost=costs[item.path],
            nodes=1,
            weights_of=item.layer if item.layer != item.path else "",
        )
    instance = item.instance
    children = tuple(_row(child, instance.path, costs) for child in item.children)
    return Row(
        name=local_name(instance.path, above),
        path=instance.path,
        kind=instance.kind,
        call=instance.call,
        shape=children[-1].shape if children else (),
        cost=NodeCost.sum(child.cost for child in children),
        nodes=sum(child.nodes for child in children),
        children=children,
    )
