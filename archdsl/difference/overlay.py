"""The union of two graphs, for a picture: the second with removed parts put back, and marks on all changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Literal, TypeAlias

from archdsl.difference.edits import Pair, edits
from archdsl.difference.match import match
from archdsl.graph.model import Graph, Instance, Node, Port
from archdsl.passes.cost import Cost

Mark: TypeAlias = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A graph for display only: nodes have additional edges from inputs that they had before.

    ``marks`` are by the paths of nodes and instances; an instance is marked as changed when something in it is marked.
    ``cost`` is that of each node in the graph that it is from, for its inputs here may be others.
    """

    graph: Graph
    marks: Mapping[str, Mark]
    cost: Cost


def overlay(a: Graph, b: Graph, *, names: tuple[str, str] | None = None) -> Overlay:
    """The union of both graphs. The totals are those of the second, the name is that of both.

    ``names`` tell models apart that are called the same.
    """
    pair = Pair(a, b, match(a, b))
    union = _Union(pair)
    before, after = names if names is not None and a.name == b.name else (a.name, b.name)
    graph = union.graph(before if before == after else f"{before} → {after}")
    changed = {edit.after for edit in edits(pair) if edit.kind != "follows"}
    changed |= {pair.matching.nodes[path] for path in pair.matching.moved}
    marks: dict[str, Mark] = {}
    for node in graph.nodes:
        if node.path in union.removed:
            marks[node.path] = "removed"
        elif node.path not in pair.back:
            marks[node.path] = "added"
        elif node.path in changed:
            marks[node.path] = "changed"
    share = dict(pair.cost_b.nodes)
    share |= {
        union.names[node.path]: pair.cost_a.nodes[node.path] for node in a if node.path not in pair.matching.nodes
    }
    total = replace(pair.cost_b, nodes=share)
    return Overlay(graph, marks | _blocks(graph, marks), total)


def _blocks(graph: Graph, marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """The marks of instances, derived from those of their nodes; none for the model itself."""
    held: dict[int, set[Mark | None]] = {}
    for node in graph.nodes:
        above: int | None = node.instance
        while above and marks.get(node.path) not in held.setdefault(above, set()):
            held[above].add(marks.get(node.path))
            above = graph.instances[above].parent
    found: dict[str, Mark] = {}
    for index, kinds in held.items():
        if kinds != {None}:
            alone = next(iter(kinds)) if len(kinds) == 1 else None
            found[graph.instances[index].path] = alone or "changed"
    return found


class _Union:
    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._taken = {i.path for i in pair.b.instances} | set(pair.b.shapes)
        self.names = dict(pair.matching.nodes)
        """From paths of the first graph to those in the union."""
        self._instances = [*pair.b.instances]
        self._homes = dict(pair.matching.instances)
        self.removed: set[str] = set()
        """Paths in the union."""

    def graph(self, name: str) -> Graph:
        a, b = self._pair.a, self._pair.b
        inputs = [*b.inputs]
        for position, port in enumerate(a.inputs):
            if position < len(b.inputs):
                self.names[port.name] = b.inputs[position].name
            else:
                name = self.names[port.name] = self._free(port.name)
                inputs.append(Port(name=name, shape=port.shape, node=name))
        place = {node.path: index for index, node in enumerate(b.nodes)} | {port.name: -1 for port in inputs}
        order: list[tuple[tuple[int, int], Node]] = []
        last = -1
        for index, node in enumerate(a.nodes):
            if node.path in self._pair.matching.nodes:
                last = place[self.names[node.path]]
                continue
            sources = tuple(self.names[name] for name in node.inputs)
            path = self.names[node.path] = self._free(node.path)
            place[path] = max((last, *(place[name] for name in sources)))
            self.removed.add(path)
            home = self._home(node.instance)
            removed = node.model_copy(update={"path": path, "inputs": sources, "instance": home, "layer": path})
            order.append(((place[path], index), removed))
        for index, node in enumerate(b.nodes):
            inputs_too = (*node.inputs, *self._lost(node, place, index))
            order.append(((index, -1), node.model_copy(update={"inputs": inputs_too})))
        nodes = tuple(node for _, node in sorted(order, key=lambda item: item[0]))
        return Graph(
            name=name,
            inputs=tuple(inputs),
            outputs=b.outputs,
            nodes=nodes,
            instances=tuple(self._instances),
            doc=b.doc,
            about=b.about,
        )

    def _lost(self, node: Node, place: Mapping[str, int], index: int) -> list[str]:
        """The removed inputs of a node, where a topological order allows them."""
        before = self._pair.back.get(node.path)
        if before is None:
            return []
        names = (self.names[name] for name in self._pair.a[before].inputs)
        return [name for name in names if name in self.removed and place[name] < index]

    def _home(self, index: int) -> int:
        """The union's instance for one of the first graph."""
        if index not in self._homes:
            instance: Instance = self._pair.a.instances[index]
            assert instance.parent is not None, "the models themselves are matched"
            parent = self._home(instance.parent)
            copy = instance.model_copy(update={"path": self._free(instance.path), "parent": parent})
            self._homes[index] = len(self._instances)
            self._instances.append(copy)
        return self._homes[index]

    def _free(self, path: str) -> str:
        """The path, with a number appended if the second graph uses it for something else."""
        name = next(name for name in chain((path,), (f"{path}_{n}" for n in count(1))) if name not in self._taken)
        self._taken.add(name)
        return name
