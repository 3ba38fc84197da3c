"""The graph as a list of items: all that a page can show as a box, open as a frame, describe and find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from archdsl.backends.html.runs import Runs
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node, Origin
from archdsl.graph.tree import Branch, is_derived, local_name, tree
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import Cost, NodeCost

Kind: TypeAlias = Literal["model", "input", "op", "block", "group", "repeat", "output"]

_NOTHING: Final = NodeCost()


@dataclass(frozen=True, slots=True)
class Item:
    """One of the list. It refers to others by their place in it."""

    kind: Kind
    parent: int
    path: str
    shape: Shape
    """Of the output."""
    label: str = ""
    """What its path adds to that of its parent, where the call does not say that anyway."""
    call: str = ""
    cost: NodeCost = _NOTHING
    inputs: tuple[int, ...] = ()
    """Of an op and an output: where the values come from."""
    block: str = ""
    family: str = ""
    doc: str = ""
    times: int = 0
    """Of a repeat: how many blocks it stands for."""
    layer: str = ""
    """The path of the op whose weights this one uses, where they are not its own."""
    origin: Origin | None = None


def items(graph: Graph, costs: Cost) -> tuple[Item, ...]:
    """The model, then inputs, ops, blocks, groups, runs of repeats and outputs in the order of the flow.

    A parent stands before what it holds.
    """
    return tuple(_Listing(graph, costs).items)


class _Listing:
    def __init__(self, graph: Graph, costs: Cost) -> None:
        self.items: list[Item] = []
        self._costs = costs
        self._runs = Runs(graph)
        self._numbers: dict[str, int] = {}
        """Of inputs and nodes, by name."""
        root = tree(graph)
        self._add(Item("model", 0, "", (), cost=costs.total, doc=graph.doc))
        for port in graph.inputs:
            self._numbers[port.name] = self._add(Item("input", 0, port.name, port.shape, port.name))
        self._children(root, 0)
        for port in graph.outputs:
            source = (self._numbers[port.node],)
            self._add(Item("output", 0, port.name, port.shape, port.name, inputs=source))

    def _add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items) - 1

    def _children(self, branch: Branch, parent: int) -> None:
        above = branch.instance.path
        for run in self._runs.of(branch.children):
            within = self._repeat(run, above, parent) if len(run) > 1 else parent
            for child in run:
                if isinstance(child, Node):
                    self._op(child, above, within)
                else:
                    self._children(child, self._add(self._branch(child, above, within)))

    def _op(self, node: Node, above: str, parent: int) -> None:
        name = local_name(node.path, above)
        self._numbers[node.path] = self._add(
            Item(
                "op",
                parent,
                node.path,
                node.shape,
                "" if is_derived(name, node.op.name) else name,
                call(node.op, hide=TRAINING),
                self._costs.nodes[node.path],
                tuple(self._numbers[name] for name in node.inputs),
                family=node.op.family,
                layer="" if node.layer == node.path else node.layer,
                origin=node.origin,
            )
        )

    def _branch(self, branch: Branch, above: str, parent: int) -> Item:
        instance, nodes = branch.instance, list(branch.nodes())
        name = local_name(instance.path, above)
        return Item(
            instance.kind,
            parent,
            instance.path,
            nodes[-1].shape,
            "" if instance.kind != "group" and is_derived(name, instance.block) else name,
            instance.call,
            NodeCost.sum(self._costs.nodes[node.path] for node in nodes),
            block=instance.block,
            doc=instance.doc,
            origin=instance.origin,
        )

    def _repeat(self, run: Sequence[Branch | Node], above: str, parent: int) -> int:
        """The item around blocks that are alike. Its path stays the same while more of them come or some go."""
        first, *_, last = [self._branch(block, above, parent) for block in run if isinstance(block, Branch)]
        names = [local_name(item.path, above) for item in (first, last)]
        cost = NodeCost.sum([first.cost] * len(run))
        around = replace(
            first, kind="repeat", path=f"{first.path}…", label=" … ".join(names), times=len(run), cost=cost
        )
        return self._add(around)
