"""What a diagram shows, before any of it is DOT: which box stands for which node, and which edges join the boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import Final, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Instance, Node
from archdsl.graph.tree import Branch, tree

_PLAIN: Final = re.compile(r"[\w.]+")

Chain: TypeAlias = tuple[int, ...]
"""Indices of instances from the model to the one that something is drawn in."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A block drawn as one box."""

    box: str
    instance: Instance


@dataclass(frozen=True, slots=True)
class Op:
    """An op's box."""

    box: str
    node: Node


@dataclass(frozen=True, slots=True)
class Cluster:
    """An instance drawn as a frame around what it holds, the model itself being the outermost."""

    index: int
    instance: Instance
    children: tuple[Cluster | Folded | Op, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """From one box to another. ``shape`` is that of what flows where the first box changed it."""

    tail: str
    head: str
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Plan:
    """``forks`` are dots, by the index of the cluster that they lie in."""

    root: Cluster
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    edges: tuple[Edge, ...]
    forks: Mapping[int, Sequence[str]]


def plan(graph: Graph, levels: int | None = None) -> Plan:
    """Decides what to draw when blocks are opened ``levels`` deep, or all of them when ``None``."""
    return _Planner(graph, levels).plan()


@dataclass(frozen=True, slots=True)
class _Flow:
    """A tensor, by the name of its node or input, on its way into a box."""

    name: str
    head: str


class _Planner:
    def __init__(self, graph: Graph, levels: int | None) -> None:
        self._graph = graph
        self._levels = levels
        self._index = {node.path: index for index, node in enumerate(graph.nodes)}
        self._homes: dict[str, Chain] = {}
        """Of each box, the clusters around it."""
        self._boxes: dict[str, str] = {}
        """From the name of an input or node to the box that shows it: its own, or that of a folded block."""
        for index, port in enumerate(graph.inputs):
            self._boxes[port.name] = f"in/{index}"
            self._homes[f"in/{index}"] = (0,)

    def plan(self) -> Plan:
        graph = self._graph
        root = self._cluster(tree(graph), (0,), 0)
        outputs = tuple(f"out/{index}" for index in range(len(graph.outputs)))
        forks: dict[int, list[str]] = {}
        edges = [*self._edges(forks)]
        edges += (Edge(self._boxes[port.node], box, None) for port, box in zip(graph.outputs, outputs, strict=True))
        return Plan(root, tuple(self._boxes[port.name] for port in graph.inputs), outputs, tuple(edges), forks)

    def _cluster(self, branch: Branch, home: Chain, depth: int) -> Cluster:
        children: list[Cluster | Folded | Op] = []
        for child in branch.children:
            if isinstance(child, Node):
                box = self._boxes[child.path] = self._box(child.path)
                self._homes[box] = home
                children.append(Op(box, child))
                continue
            # A group is part of the body that it is written in, so it is no level of its own.
            below = depth + (child.instance.kind != "group")
            if self._levels is not None and below > depth and below >= self._levels:
                box = f"block/{child.index}"
                self._boxes |= {node.path: box for node in child.nodes()}
                self._homes[box] = home
                children.append(Folded(box, child.instance))
            else:
                children.append(self._cluster(child, (*home, child.index), below))
        return Cluster(branch.index, branch.instance, tuple(children))

    def _box(self, path: str) -> str:
        """The id of a node's box: its path, unless DOT would read something else in it. A slash keeps ids apart."""
        return path if _PLAIN.fullmatch(path) else f"op/{self._index[path]}"

    def _flows(self) -> Iterator[_Flow]:
        """What flows between boxes. A folded block takes a tensor once; an op as often as it is written."""
        seen: set[_Flow] = set()
        for node in self._graph.nodes:
            head = self._boxes[node.path]
            for name in node.inputs:
                flow = _Flow(name, head)
                if self._boxes[name] != head and not (head.startswith("block/") and flow in seen):
                    seen.add(flow)
                    yield flow

    def _edges(self, forks: dict[int, list[str]]) -> Iterator[Edge]:
        """Edges in the order of the nodes that they lead to.

        A tensor that enters a cluster to be used at several places in it is led to a dot inside first, and forks
        there. Otherwise a skip connection would run along the frame of its block.
        """
        flows = [*self._flows()]
        entering: dict[str, set[Shape]] = {}
        together: dict[tuple[str, int], list[_Flow]] = {}
        for flow in flows:
            entering.setdefault(flow.head, set()).add(self._graph.shapes[flow.name])
            if (entry := self._entry(flow)) is not None:
                together.setdefault((flow.name, entry), []).append(flow)
        begun: dict[tuple[str, int], str] = {}
        for flow in flows:
            tail, shape = self._boxes[flow.name], self._graph.shapes[flow.name]
            changed = shape if flow.name in self._index and shape not in entering.get(tail, ()) else None
            entry = self._entry(flow)
            company = together[flow.name, entry] if entry is not None else []
            if entry is None or len(company) == 1:
                yield Edge(tail, flow.head, changed)
                continue
            fork = begun.get((flow.name, entry))
            if fork is None:
                fork = begun[flow.name, entry] = f"fork/{len(begun)}"
                forks.setdefault(_meeting(self._homes[f.head] for f in company), []).append(fork)
                yield Edge(tail, fork, changed)
            yield Edge(fork, flow.head, None)

    def _entry(self, flow: _Flow) -> int | None:
        """The outermost cluster that the flow goes into, if it goes into one."""
        source, target = self._homes[self._boxes[flow.name]], self._homes[flow.head]
        shared = len(_prefix(source, target))
        return target[shared] if shared < len(target) else None


def _meeting(homes: Iterable[Chain]) -> int:
    """The innermost cluster that is around all of them."""
    return reduce(_prefix, homes)[-1]


def _prefix(one: Chain, other: Chain) -> Chain:
    """The clusters around both."""
    return tuple(mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
