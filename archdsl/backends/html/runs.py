"""Repeats: siblings in a row that are alike and feed one another, which a diagram shows as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, local_name

Form: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """A branch as its siblings see it."""

    form: Form
    """Its call, and its ops with their names in it, shapes, wiring and ownership of weights."""
    takes: frozenset[str]
    """What flows in, by the names of inputs and nodes."""
    gives: frozenset[str]
    """Nodes whose values are used outside."""
    nodes: frozenset[str]


class Runs:
    """Finds the repeats of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._users: dict[str, list[str]] = {}
        for node in graph.nodes:
            for name in node.inputs:
                self._users.setdefault(name, []).append(node.path)
        for port in graph.outputs:
            self._users.setdefault(port.node, []).append("")  # an output is no node: outside of every branch

    def of(self, siblings: Sequence[Branch | Node]) -> Iterator[Sequence[Branch | Node]]:
        """The siblings in their order, each together with those after it that only repeat it.

        Blocks repeat one another if their forms are equal, if each takes nothing but the one value that the block
        before gives, and if nobody else uses that value. Ops never do: each is one box anyway.
        """
        run: list[Branch | Node] = []
        before: _Block | None = None
        for item in siblings:
            block = self._block(item) if isinstance(item, Branch) and item.instance.kind == "block" else None
            if not (before and block and self._continues(before, block)):
                if run:
                    yield run
                run = []
            run.append(item)
            before = block
        if run:
            yield run

    def _block(self, branch: Branch) -> _Block:
        nodes = list(branch.nodes())
        names = frozenset(node.path for node in nodes)
        places = {node.path: place for place, node in enumerate(nodes)}
        outside = dict.fromkeys(name for node in nodes for name in node.inputs if name not in places)
        places |= {name: -1 - place for place, name in enumerate(outside)}
        above = branch.instance.path
        form = tuple(
            (local_name(n.path, above), n.op, n.shape, tuple(places[name] for name in n.inputs), n.layer == n.path)
            for n in nodes
        )
        gives = (n.path for n in nodes if not names.issuperset(self._users.get(n.path, ())))
        return _Block((branch.instance.call, *form), frozenset(outside), frozenset(gives), names)

    def _continues(self, before: _Block, block: _Block) -> bool:
        if before.form != block.form or len(before.gives) != 1 or block.takes != before.gives:
            return False
        (value,) = block.takes
        return block.nodes.union(before.nodes).issuperset(self._users[value])
