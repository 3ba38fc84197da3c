"""A plan as DOT: ops as boxes, blocks as nested clusters, tensors as edges with their shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from archdsl.backends.graphviz import legend, style
from archdsl.backends.graphviz.style import COLUMN, Style
from archdsl.diagram.edges import Edge
from archdsl.diagram.looks import Looks
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Frame, Plan, Terminal, plan
from archdsl.diagram.words import TITLE, size, wrap
from archdsl.graph.model import Graph
from archdsl.passes.cost import Cost


def to_dot(graph: Graph, options: Options | None = None, costs: Cost | None = None) -> str:
    """Deterministic DOT. All text from the spec is escaped: none of it can become DOT or HTML.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    chosen = options or Options()
    return plan_to_dot(graph, plan(graph, chosen, costs), chosen)


def plan_to_dot(graph: Graph, drawn: Plan, options: Options) -> str:
    """The DOT of a plan."""
    return _Drawing(graph, drawn, options).source()


_TURNED: Final = {"ltail": "lhead", "lhead": "ltail", "arrowhead": "arrowtail"}
"""Attributes of the ends of an edge, and their names when it is written the other way round."""


class _Drawing:
    def __init__(self, graph: Graph, drawn: Plan, options: Options) -> None:
        import graphviz  # type: ignore[import-untyped]

        self._plan = drawn
        self._looks = Looks.of(drawn, options)
        self._style = Style(self._looks.palette)
        self._columns = {name: n for n, column in enumerate(drawn.columns) for child in column for name in _ids(child)}
        self._columns |= {f"from/{number}": number for number in range(1, len(drawn.columns))}
        self._edges = [part for edge in drawn.edges for part in _in_columns(edge, self._columns)]
        self._within: dict[int, list[Edge]] = {}
        """Edges with a shape, by the innermost frame around both ends."""
        for edge in self._edges:
            if edge.shape:
                self._within.setdefault(edge.within, []).append(edge)
        self._shapes = {_source(edge): f"shape/{number}" for number, edge in enumerate(self._edges) if edge.shape}
        """The ids of shapes, which stand on their edges as nodes: other labels would push the boxes aside."""
        self._sideways = options.direction in ("LR", "RL")
        header = legend.header(graph, drawn, self._looks.palette, self._looks.heat)
        looks = self._style.graph(options.direction, len(drawn.columns))
        self._picture = graphviz.Digraph(
            name=style.label([graph.name]),
            graph_attr=looks | {"label": header, "tooltip": style.label([graph.doc])},
            node_attr=self._style.node(),
            edge_attr=self._style.edge(),
        )

    def source(self) -> str:
        if len(self._plan.columns) == 1:
            self._column(self._picture, 0)
        else:
            # Each in a cluster that does not show: Graphviz sets side by side what nothing joins, clusters in their
            # order; one below the other it starts at the foot.
            numbers = range(len(self._plan.columns))
            for number in reversed(numbers) if self._sideways else numbers:
                with self._picture.subgraph(name=f"{COLUMN}_{number}") as column:
                    column.attr(label="", peripheries="0", margin="0")
                    self._column(column, number)
        drawn = set[str]()
        for edge in self._edges:
            self._edge(edge, drawn)
        text: str = self._picture.source
        return text

    def _column(self, picture: Any, number: int) -> None:
        """The model's contents, or a part of them, with numbered connectors to the columns before and after."""
        mine = [edge for edge in self._edges if self._columns.get(edge.tail, 0) == number]
        heads = {edge.head for edge in mine}
        if number == 0:
            self._children(picture, self._plan.inputs)
        else:
            picture.node(f"from/{number}", str(number), **self._style.connector())
        self._children(picture, self._plan.columns[number])
        self._sizes(picture, [edge for edge in mine if edge.shape and edge.within == self._plan.root.number])
        self._children(picture, [each for each in self._plan.outputs if each.id in heads])
        if f"to/{number + 1}" in heads:
            picture.node(f"to/{number + 1}", str(number + 1), **self._style.connector())

    def _fill(self, picture: Any, frame: Frame) -> None:
        """The contents of a frame."""
        for fork in frame.forks:
            picture.node(fork, **self._style.fork())
        self._children(picture, frame.children)
        self._sizes(picture, self._within.get(frame.number, ()))

    def _children(self, picture: Any, children: Iterable[Frame | Box | Terminal]) -> None:
        for child in children:
            if isinstance(child, Box):
                self._box(picture, child)
            elif isinstance(child, Frame):
                self._frame(picture, child)
            else:
                picture.node(child.id, style.label([child.name, size(child.shape)]), **self._style.terminal())

    def _sizes(self, picture: Any, edges: Iterable[Edge]) -> None:
        for edge in edges:
            assert edge.shape is not None
            picture.node(self._shapes[_source(edge)], self._style.sized(edge.shape), **self._style.shape())

    def _box(self, picture: Any, box: Box) -> None:
        looks = self._style.box(self._looks.box(box), folded=box.kind != "op")
        lines = self._looks.lines(box)
        picture.node(box.id, style.label(lines), tooltip=style.label(box.details), **looks)

    def _frame(self, picture: Any, frame: Frame) -> None:
        look = self._style.palette.marks[frame.mark] if frame.mark else None
        title = style.label(wrap(self._looks.title(frame), TITLE), left=True)
        # Where several arrows go in and one comes out, the title stands at the foot, out of their way.
        attributes = self._style.frame(
            look, dashed=frame.kind in ("group", "repeat"), foot=frame.takes > 1 == frame.gives
        )
        with picture.subgraph(name=_cluster(frame.number)) as cluster:
            cluster.attr(label=title, tooltip=style.label(frame.details), **attributes)
            self._fill(cluster, frame)

    def _edge(self, edge: Edge, drawn: set[str]) -> None:
        """One line, or two with the shape between them. Edges with a common source share the shape."""
        looks = self._style.skip() if edge.skip else {}
        if edge.course == "across":
            looks |= self._style.across()
        if edge.mark:
            looks |= self._style.marked_edge(edge.mark)
        # An edge that alone crosses a frame ends there: so no arrow runs through the frame's title.
        out = {} if edge.leaves is None else {"ltail": _cluster(edge.leaves)}
        into = {} if edge.enters is None else {"lhead": _cluster(edge.enters)}
        if edge.enters is None and edge.head.startswith("fork/"):
            into["arrowhead"] = "none"
        draw = self._upwards if edge.course == "up" else self._picture.edge
        if not edge.shape:
            draw(edge.tail, edge.head, **looks | out | into)
            return
        shape = self._shapes[_source(edge)]
        if shape not in drawn:
            drawn.add(shape)
            draw(edge.tail, shape, arrowhead="none", **looks | out)
        draw(shape, edge.head, **looks | into)

    def _upwards(self, tail: str, head: str, **looks: str) -> None:
        """An edge to a box above, reversed for Graphviz, with its arrow at the tail."""
        turned = {_TURNED.get(name, name): value for name, value in looks.items()}
        self._picture.edge(head, tail, dir="back", **turned)


def _source(edge: Edge) -> tuple[object, ...]:
    """A key: edges with the same one share one shape."""
    return edge.tail, edge.within, edge.shape


def _in_columns(edge: Edge, columns: dict[str, int]) -> Iterator[Edge]:
    """The edge, or its two parts if it leads from one column into the next."""
    column = columns.get(edge.head, 0)
    if column == columns.get(edge.tail, 0) or edge.head.startswith("out/"):
        yield edge
    else:
        yield replace(edge, head=f"to/{column}", enters=None)
        yield replace(edge, tail=f"from/{column}", leaves=None, shape=None)


def _ids(child: Frame | Box) -> Iterable[str]:
    """The ids of its boxes and forks."""
    if isinstance(child, Box):
        return (child.id,)
    return (*child.forks, *(name for inside in child.children for name in _ids(inside)))


def _cluster(number: int) -> str:
    return f"cluster_{number}"
