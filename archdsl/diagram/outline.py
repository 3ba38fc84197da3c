"""A graph with its repeats folded: the tree of everything that a diagram can show as a box or a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from archdsl.diagram.runs import Runs, Step
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Instance, Node
from archdsl.graph.tree import Branch, tree

Kind: TypeAlias = Literal["model", "block", "group", "repeat", "op"]
Copy: TypeAlias = "tuple[tuple[int, int], ...]"
"""Where a step is among what repeats: of each item around it the number of the copy."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An item of the outline, shown as one box or frame."""

    index: int
    parent: int
    kind: Kind
    """A ``repeat`` is a frame around several steps which repeat together."""
    copies: tuple[Step, ...]
    """All that it stands for, first to last. Where something around it repeats, they lie in all its copies."""
    times: int
    """How often it repeats where it stands."""
    children: list[int] = field(default_factory=list)
    """Of the first copy."""

    @property
    def first(self) -> Step:
        return self.copies[0]

    @property
    def instance(self) -> Instance:
        assert isinstance(self.first, Branch), "only an op has no instance"
        return self.first.instance

    @property
    def path(self) -> str:
        return self.first.path if isinstance(self.first, Node) else self.first.instance.path

    def nodes(self) -> Iterator[Node]:
        """The nodes of all copies."""
        for copy in self.copies:
            if isinstance(copy, Node):
                yield copy
            else:
                yield from copy.nodes()


@dataclass(frozen=True, slots=True)
class Flow:
    """A tensor that flows into an op: its name, the item that makes it, and the item that takes it."""

    name: str
    shape: Shape
    tail: int | None
    """``None`` for an input of the graph."""
    head: int


@dataclass(frozen=True, slots=True)
class Outline:
    items: tuple[Item, ...]
    """The model first, and each before what it holds."""
    flows: tuple[Flow, ...]
    """Those of the first copies, and into and out of what repeats; not those from one copy to the next."""
    leaves: dict[str, int]
    """The items of ops, by the paths of their nodes."""


def outline(graph: Graph, runs: Runs | None) -> Outline:
    """The outline; with ``runs``, each repeat is one item."""
    building = _Building(runs)
    building.model(tree(graph))
    return Outline(tuple(building.items), tuple(building.flows(graph)), building.leaves)


class _Building:
    def __init__(self, runs: Runs | None) -> None:
        self.items: list[Item] = []
        self.leaves: dict[str, int] = {}
        self._runs = runs
        self._copies: dict[str, Copy] = {}

    def model(self, root: Branch) -> None:
        self._inside(self._add(0, "model", (root,), 1), ((),))

    def _add(self, parent: int, kind: Kind, copies: Sequence[Step], times: int) -> Item:
        item = Item(len(self.items), parent, kind, tuple(copies), times)
        self.items.append(item)
        if item.index:
            self.items[parent].children.append(item.index)
        return item

    def _inside(self, item: Item, places: Sequence[Copy]) -> None:
        bodies = [copy.children for copy in item.copies if isinstance(copy, Branch)]
        if self._runs is None:
            for position in range(len(bodies[0])):
                self._step(item, [body[position] for body in bodies], 1, places)
            return
        for run in self._runs.of(bodies[0]):
            starts = [run.start + unit * run.period for unit in range(run.times)]
            within = [place for place in places for _ in starts]
            around, times = item, run.times
            if run.period > 1 and run.times > 1:
                first = [body[start] for body in bodies for start in starts]
                around = self._add(item.index, "repeat", first, run.times)
                within, times = [(*place, (around.index, n)) for n, place in enumerate(within)], 1
            for offset in range(run.period):
                self._step(around, [body[start + offset] for body in bodies for start in starts], times, within)

    def _step(self, parent: Item, copies: Sequence[Step], times: int, places: Sequence[Copy]) -> None:
        first = copies[0]
        kind: Kind = "op" if isinstance(first, Node) else first.instance.kind
        item = self._add(parent.index, kind, copies, times)
        inner = [(*place, (item.index, number)) for number, place in enumerate(places)]
        if kind != "op":
            self._inside(item, inner)
            return
        for copy, place in zip(copies, inner, strict=True):
            assert isinstance(copy, Node)
            self.leaves[copy.path] = item.index
            self._copies[copy.path] = place

    def flows(self, graph: Graph) -> Iterator[Flow]:
        for node in graph.nodes:
            for name in node.inputs:
                if self._shown(self._copies.get(name, ()), self._copies[node.path]):
                    yield Flow(name, graph.shapes[name], self.leaves.get(name), self.leaves[node.path])

    def _shown(self, tail: Copy, head: Copy) -> bool:
        """Hides flows between two copies of one item, and within copies other than the first."""
        for (mine, a), (other, b) in zip(tail, head, strict=False):
            if mine != other:
                break
            if a or b:
                return False
        return True


def opened(outline: Outline, wanted: Callable[[Item], bool]) -> frozenset[int]:
    """The items that are to be open and have no closed ancestor."""
    found = {0}
    for item in outline.items[1:]:
        if item.parent in found and item.kind != "op" and wanted(item):
            found.add(item.index)
    return frozenset(found)
