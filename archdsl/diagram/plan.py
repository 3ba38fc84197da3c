"""The plan of a diagram, independent of DOT, Mermaid or HTML: boxes within frames, and the edges between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise, takewhile
from typing import Final, Literal, TypeAlias

from archdsl.diagram.edges import Course, Edge, with_skips
from archdsl.diagram.fold import Folding, folding
from archdsl.diagram.options import Mark, Options
from archdsl.diagram.outline import Item, Kind
from archdsl.diagram.words import Words
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Port
from archdsl.passes.cost import Cost, NodeCost, cost

_PLAIN: Final = re.compile(r"[\w.]+", re.ASCII)

Frames: TypeAlias = tuple[int, ...]
"""Numbers of frames from the outermost to the one that something is drawn in."""


@dataclass(frozen=True, slots=True)
class Box:
    """An op, or a folded block or group."""

    id: str
    path: str
    kind: Kind
    lines: tuple[str, ...]
    """Its label."""
    details: tuple[str, ...]
    """What a reader sees who points at it."""
    family: str
    """Of an op, or the costliest op of a group that lists its ops; empty for what is folded otherwise."""
    cost: NodeCost
    """Of all that it stands for, repeats included."""
    times: int = 1
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """An open instance, drawn around its contents; the model itself is the outermost, number 0."""

    number: int
    path: str
    kind: Kind
    title: str
    details: tuple[str, ...]
    children: tuple[Frame | Box, ...]
    forks: tuple[str, ...] = ()
    """Dots inside, at which a tensor goes several ways."""
    takes: int = 0
    """How many tensors flow into it."""
    gives: int = 0
    """How many flow out of it."""
    times: int = 1
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Terminal:
    """An input or output of the model."""

    id: str
    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Plan:
    """A diagram without its styles. Boxes and edges are in flow order."""

    root: Frame
    columns: tuple[tuple[Frame | Box, ...], ...]
    """The root's children, in the columns that a page is filled best with; one tensor flows from each to the next."""
    inputs: tuple[Terminal, ...]
    outputs: tuple[Terminal, ...]
    edges: tuple[Edge, ...]
    costs: Cost

    def boxes(self) -> Iterator[Box]:
        waiting: list[Frame | Box] = [self.root]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Box):
                yield each
            else:
                waiting += reversed(each.children)

    def frames(self) -> Iterator[Frame]:
        """The frames in preorder."""
        waiting = [self.root]
        while waiting:
            frame = waiting.pop()
            yield frame
            waiting += reversed([child for child in frame.children if isinstance(child, Frame)])


def plan(graph: Graph, options: Options | None = None, costs: Cost | None = None) -> Plan:
    """Makes the plan of a graph. ``costs`` overrides the costs of its ops.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.

    >>> from archdsl import load
    >>> drawn = plan(load("resnet50").graph, Options(depth=1))
    >>> [" ".join(box.lines) for box in drawn.boxes()][:2]
    ['stem ConvBNAct(64, k=7, stride=2, pad=3)', 'max_pool(3, stride=2, pad=1)']
    """
    chosen = options or Options()
    costs = costs or cost(graph)
    return _Planner(graph, folding(graph, chosen, costs), chosen, costs).plan()


@dataclass(frozen=True, slots=True)
class _Flow:
    """A tensor, by the name of its node or input, that flows from one box into another."""

    name: str
    shape: Shape
    tail: str
    head: str


class _Planner:
    def __init__(self, graph: Graph, folded: Folding, options: Options, costs: Cost) -> None:
        self._graph = graph
        self._folded = folded
        self._outline = folded.outline
        self._marks = options.marks
        self._costs = costs
        self._words = Words(folded.outline, costs)
        self._numbers = {node.path: number for number, node in enumerate(graph.nodes)}
        self._inputs = {port.name: f"in/{number}" for number, port in enumerate(graph.inputs)}
        self._touched = _around(options.marks)
        """The paths of what has marks inside."""
        self._ids: dict[int, str] = {}
        """Of the boxes, by their items."""
        self._homes: dict[str, Frames] = {}
        """Of each box, the frames around it."""
        self._frames = 0
        self._marked: dict[str, Mark] = {}
        self._entering: dict[int, set[str]] = {}
        """Of each frame, the tensors that flow into it,"""
        self._leaving: dict[int, set[str]] = {}
        """and out of it."""
        self._begins: list[int] = []
        """The places among the root's children at which a column begins."""

    def plan(self) -> Plan:
        graph = self._graph
        inputs = tuple(self._terminal("in", index, port) for index, port in enumerate(graph.inputs))
        outputs = tuple(self._terminal("out", index, port) for index, port in enumerate(graph.outputs))
        root = self._frame(self._outline.items[0], ())
        forks: dict[int, list[str]] = {}
        edges = self._in_limbs(with_skips([*self._edges(forks)]))  # which fills the forks and what crosses frames
        root = self._completed(root, forks)
        begins = [0, *self._begins, len(root.children)]
        columns = tuple(root.children[start:end] for start, end in pairwise(begins))
        return Plan(root, columns, inputs, outputs, edges, self._costs)

    def _terminal(self, kind: Literal["in", "out"], index: int, port: Port) -> Terminal:
        name = f"{kind}/{index}"
        self._homes[name] = (0,)
        return Terminal(name, port.name, port.shape)

    # --- boxes and frames ---------------------------------------------------------------------------------------------

    def _frame(self, item: Item, around: Frames) -> Frame:
        number, self._frames = self._frames, self._frames + 1
        home = (*around, number)
        children: list[Frame | Box] = []
        for child in item.children:
            if child in self._folded.breaks:
                self._begins.append(len(children))
            children += self._drawn(self._outline.items[child], home)
        title, details = self._words.title(item), self._words.details(item)
        mark = self._mark(item)
        return Frame(number, item.path, item.kind, title, details, tuple(children), times=item.times, mark=mark)

    def _completed(self, frame: Frame, forks: dict[int, list[str]]) -> Frame:
        """The frame, completed with what depends on all edges."""
        return replace(
            frame,
            children=tuple(self._completed(c, forks) if isinstance(c, Frame) else c for c in frame.children),
            forks=tuple(forks.get(frame.number, ())),
            takes=len(self._entering.get(frame.number, ())),
            gives=len(self._leaving.get(frame.number, ())),
        )

    def _drawn(self, item: Item, home: Frames) -> Iterator[Frame | Box]:
        if item.index not in self._folded.opened:
            yield self._box(item, home)
        elif item.index in self._folded.unframed:
            for child in item.children:
                yield from self._drawn(self._outline.items[child], home)
        else:
            yield self._frame(item, home)

    def _box(self, item: Item, home: Frames) -> Box:
        name = self._ids[item.index] = self._id(item)
        self._homes[name] = home
        mark = self._mark(item) or self._mark_inside(item)
        if mark:
            self._marked[name] = mark
        lines, details = tuple(self._words.lines(item)), self._words.details(item)
        family = self._words.family(item)
        return Box(name, item.path, item.kind, lines, details, family, self._words.cost(item), item.times, mark)

    def _id(self, item: Item) -> str:
        """A unique id: an op's path, unless it has a meaning in a diagram language. A slash tells ids from paths."""
        if item.kind != "op":
            return f"block/{item.index}"
        return item.path if _PLAIN.fullmatch(item.path) else f"op/{self._numbers[item.path]}"

    def _mark(self, item: Item) -> Mark | None:
        return self._marks.get(item.path) if item.kind != "repeat" else None

    def _mark_inside(self, item: Item) -> Mark | None:
        """The mark of a folded item: changed if anything in it is; added or removed only if its instance is."""
        return "changed" if item.kind != "op" and item.path in self._touched else None

    # --- edges --------------------------------------------------------------------------------------------------------

    def _in_limbs(self, edges: Sequence[Edge]) -> tuple[Edge, ...]:
        """The edges with directions: those into the ascending limb rise, or cross over from the descending one."""
        rise = self._folded.rise
        if rise is None:
            return tuple(edges)
        bottom = max(child for child in self._outline.items[0].children if child < rise)
        up = {box for item, box in self._ids.items() if item >= rise}
        up |= {f"out/{number}" for number in range(len(self._graph.outputs))}
        near = up | {box for item, box in self._ids.items() if item >= bottom}
        for edge in reversed(edges):  # what leaves a dot comes after what leads to it
            if edge.tail.startswith("fork/"):
                up |= {edge.tail} if edge.head in up else set()
                near |= {edge.tail} if edge.head in near else set()
        courses: tuple[Course, Course] = ("across", "up")
        return tuple(replace(e, course=courses[e.tail in near]) if e.head in up else e for e in edges)

    def _shown(self, item: int | None, name: str) -> str:
        """The id of the box that shows an item, or an input by name: its own, or that of its folded ancestor."""
        if item is None:
            return self._inputs[name]
        found = item
        while found not in self._ids:
            found = self._outline.items[found].parent
        return self._ids[found]

    def _flows(self) -> Iterator[_Flow]:
        """The flows between boxes. A folded block takes a tensor once; an op once per operand."""
        seen: set[_Flow] = set()
        for flow in self._outline.flows:
            tail, head = self._shown(flow.tail, flow.name), self._shown(flow.head, "")
            found = _Flow(flow.name, flow.shape, tail, head)
            if tail != head and not (head.startswith("block/") and found in seen):
                seen.add(found)
                yield found

    def _edges(self, forks: dict[int, list[str]]) -> Iterator[Edge]:
        """Edges in the order of their target nodes.

        A tensor that enters a frame to be used at several places in it is led to a dot inside first, and forks there.
        Otherwise a skip connection would run along the frame of its block.
        """
        flows = [*self._flows()]
        taken: dict[str, set[Shape]] = {
            each: {port.shape} for each, port in zip(self._inputs.values(), self._graph.inputs, strict=True)
        }
        given: dict[str, set[Shape]] = {}
        together: dict[tuple[str, int], list[_Flow]] = {}
        entering, leaving = self._entering, self._leaving
        for flow in flows:
            taken.setdefault(flow.head, set()).add(flow.shape)
            given.setdefault(flow.tail, set()).add(flow.shape)
            inwards, outwards = self._crossed(flow.tail, flow.head)
            for frame in inwards:
                entering.setdefault(frame, set()).add(flow.name)
            for frame in outwards:
                leaving.setdefault(frame, set()).add(flow.name)
            if inwards:
                together.setdefault((flow.name, inwards[0]), []).append(flow)
        for index, port in enumerate(self._graph.outputs):
            for frame in self._crossed(self._source(port.node), f"out/{index}")[1]:
                leaving.setdefault(frame, set()).add(port.node)
        begun: dict[tuple[str, int], str] = {}
        for flow in flows:
            inwards, outwards = self._crossed(flow.tail, flow.head)
            edge = Edge(
                flow.tail,
                flow.head,
                flow.shape if flow.shape not in taken.get(flow.tail, ()) or len(given[flow.tail]) > 1 else None,
                within=_prefix(self._homes[flow.tail], self._homes[flow.head])[-1],
                leaves=_only(outwards, leaving),
                enters=_only(inwards, entering),
                mark=self._edge_mark(flow.tail, flow.head),
            )
            company = together[flow.name, inwards[0]] if inwards else []
            if len(company) < 2:
                yield edge
                continue
            entry = flow.name, inwards[0]
            if entry not in begun:
                fork = begun[entry] = f"fork/{len(begun)}"
                self._homes[fork] = _meeting(self._homes[f.head] for f in company)
                forks.setdefault(self._homes[fork][-1], []).append(fork)
                yield replace(edge, head=fork, mark=None)
            yield Edge(
                begun[entry], flow.head, enters=self._after(begun[entry], flow, company, entering), mark=edge.mark
            )
        for index, port in enumerate(self._graph.outputs):
            tail, head = self._source(port.node), f"out/{index}"
            outwards = self._crossed(tail, head)[1]
            yield Edge(tail, head, leaves=_only(outwards, leaving))

    def _after(self, fork: str, flow: _Flow, company: Sequence[_Flow], entering: dict[int, set[str]]) -> int | None:
        """The frame that only this edge of a fork enters."""
        frames = self._crossed(fork, flow.head)[0]
        alone = frames and not any(frames[0] in self._homes[f.head] for f in company if f is not flow)
        return _only(frames, entering) if alone else None

    def _source(self, name: str) -> str:
        return self._shown(self._outline.leaves.get(name), name)

    def _crossed(self, tail: str, head: str) -> tuple[Frames, Frames]:
        """The frames that an edge enters and leaves, outermost first."""
        source, target = self._homes[tail], self._homes[head]
        shared = len(_prefix(source, target))
        return target[shared:], source[shared:]

    def _edge_mark(self, tail: str, head: str) -> Mark | None:
        """The mark of an edge, from those of its ends."""
        ends = {self._marked.get(tail), self._marked.get(head)}
        return "removed" if "removed" in ends else "added" if "added" in ends else None


def _around(paths: Iterable[str]) -> frozenset[str]:
    """The ancestors of each path.

    >>> sorted(_around(["c2.0.main", "c2.1"]))
    ['c2', 'c2.0']
    """
    return frozenset(path[:dot] for path in paths for dot, letter in enumerate(path) if letter == ".")


def _only(frames: Frames, crossing: dict[int, set[str]]) -> int | None:
    """The outermost of the frames that a single tensor crosses."""
    return next((frame for frame in frames if len(crossing[frame]) == 1), None)


def _meeting(homes: Iterable[Frames]) -> Frames:
    """The frames that contain all of them."""
    return reduce(_prefix, homes)


def _prefix(one: Frames, other: Frames) -> Frames:
    """The frames around both: their common prefix."""
    return tuple(mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
