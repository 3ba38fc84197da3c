"""A plan as DOT: ops as boxes, blocks as nested clusters, tensors as edges with their shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from archdsl.backends.graphviz import legend, style
from archdsl.backends.graphviz.style import Style
from archdsl.diagram.heat import Heat
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Edge, Frame, Plan, Terminal, plan
from archdsl.diagram.theme import PALETTES, SIGNS, Look
from archdsl.diagram.words import size, wrap
from archdsl.graph.model import Graph
from archdsl.passes.cost import Cost


def to_dot(graph: Graph, options: Options | None = None, costs: Cost | None = None) -> str:
    """The same graph and options give the same text. All text from the spec is data: none of it can become DOT or HTML.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    chosen = options or Options()
    return plan_to_dot(graph, plan(graph, chosen, costs), chosen)


def plan_to_dot(graph: Graph, drawn: Plan, options: Options) -> str:
    """The same for a plan that was made."""
    return _Drawing(graph, drawn, options).source()


class _Drawing:
    def __init__(self, graph: Graph, drawn: Plan, options: Options) -> None:
        import graphviz  # type: ignore[import-untyped]

        self._plan = drawn
        self._style = Style(PALETTES[options.theme])
        self._heat = None if options.color == "family" else Heat.over(drawn, options.color)
        columns = {name: n for n, column in enumerate(drawn.columns) for child in column for name in _ids(child)}
        self._edges = [part for edge in drawn.edges for part in _in_columns(edge, columns)]
        self._shapes = {_source(edge): f"shape/{number}" for number, edge in enumerate(self._edges) if edge.shape}
        """The ids of shapes, which stand on their edges as nodes: other labels would push the boxes aside."""
        header = legend.header(graph, drawn, self._style.palette, self._heat)
        looks = self._style.graph(options.direction, len(drawn.columns))
        self._picture = graphviz.Digraph(
            name=style.label([graph.name]),
            graph_attr=looks | {"label": header, "tooltip": style.label([graph.doc])},
            node_attr=self._style.node(),
            edge_attr=self._style.edge(),
        )

    def source(self) -> str:
        self._terminals(self._plan.inputs)
        self._fill(self._picture, self._plan.root)
        self._terminals(self._plan.outputs)
        self._connectors()
        drawn = set[str]()
        for edge in self._edges:
            self._edge(edge, drawn)
        text: str = self._picture.source
        return text

    def _terminals(self, terminals: tuple[Terminal, ...]) -> None:
        for each in terminals:
            self._picture.node(each.id, style.label([each.name, size(each.shape)]), **self._style.terminal())

    def _connectors(self) -> None:
        """Where a column ends a number, and the same at the start of the next."""
        for number in range(1, len(self._plan.columns)):
            for kind in ("to", "from"):
                self._picture.node(f"{kind}/{number}", str(number), **self._style.connector())

    def _fill(self, picture: Any, frame: Frame) -> None:
        """Everything inside of a frame."""
        for fork in frame.forks:
            picture.node(fork, **self._style.fork())
        for child in frame.children:
            if isinstance(child, Box):
                self._box(picture, child)
            else:
                self._frame(picture, child)
        for edge in self._edges:
            if edge.shape and edge.within == frame.number:
                picture.node(self._shapes[_source(edge)], style.label([size(edge.shape)]), **self._style.shape())

    def _box(self, picture: Any, box: Box) -> None:
        first, *others = box.lines
        lines = [SIGNS[box.mark] + first, *others]
        if self._heat and (figure := self._heat.figure(box)):
            lines.append(figure)
        looks = self._style.box(self._look(box), folded=box.kind != "op")
        picture.node(box.id, style.label(lines), tooltip=style.label(box.details), **looks)

    def _look(self, box: Box) -> Look:
        palette = self._style.palette
        if box.mark:
            return palette.marks[box.mark]
        if self._heat:
            return palette.heat[self._heat.step(box)]
        return palette.families.get(box.family, palette.plain) if box.family else palette.folded

    def _frame(self, picture: Any, frame: Frame) -> None:
        look = self._style.palette.marks[frame.mark] if frame.mark else None
        title = style.label(wrap(SIGNS[frame.mark] + frame.title), left=True)
        # Where several arrows go in and one comes out, the title stands at the foot, out of their way.
        attributes = self._style.frame(
            look, dashed=frame.kind in ("group", "repeat"), foot=frame.takes > 1 == frame.gives
        )
        with picture.subgraph(name=_cluster(frame.number)) as cluster:
            cluster.attr(label=title, tooltip=style.label(frame.details), **attributes)
            self._fill(cluster, frame)

    def _edge(self, edge: Edge, drawn: set[str]) -> None:
        """One line, or two with the shape between them. Edges from one place share the shape."""
        looks = self._style.skip() if edge.skip else {}
        if edge.mark:
            looks |= self._style.marked_edge(edge.mark)
        # An edge that alone crosses a frame ends there: so no arrow runs through the frame's title.
        out = {} if edge.leaves is None else {"ltail": _cluster(edge.leaves)}
        into = {} if edge.enters is None else {"lhead": _cluster(edge.enters)}
        if edge.enters is None and edge.head.startswith("fork/"):
            into["arrowhead"] = "none"
        if not edge.shape:
            self._picture.edge(edge.tail, edge.head, **looks | out | into)
            return
        shape = self._shapes[_source(edge)]
        if shape not in drawn:
            drawn.add(shape)
            self._picture.edge(edge.tail, shape, arrowhead="none", **looks | out)
        self._picture.edge(shape, edge.head, **looks | into)


def _source(edge: Edge) -> tuple[object, ...]:
    """Edges with the same one show one shape in one place."""
    return edge.tail, edge.within, edge.shape


def _in_columns(edge: Edge, columns: dict[str, int]) -> Iterator[Edge]:
    """The edge, or its two parts where it leads from one column into the next."""
    column = columns.get(edge.head, 0)
    if column == columns.get(edge.tail, 0) or edge.head.startswith("out/"):
        yield edge
    else:
        yield replace(edge, head=f"to/{column}", enters=None)
        yield replace(edge, tail=f"from/{column}", leaves=None, shape=None)


def _ids(child: Frame | Box) -> Iterable[str]:
    """Of the boxes and forks in it."""
    if isinstance(child, Box):
        return (child.id,)
    return (*child.forks, *(name for inside in child.children for name in _ids(inside)))


def _cluster(number: int) -> str:
    return f"cluster_{number}"
