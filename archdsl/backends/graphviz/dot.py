"""A plan as DOT: ops as boxes, blocks as nested clusters, tensors as edges with their shapes."""

from __future__ import annotations

from typing import Any

from archdsl.backends.graphviz import legend, style
from archdsl.backends.graphviz.style import SIGNS, Style
from archdsl.diagram.heat import Heat
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Edge, Frame, Plan, Terminal, plan
from archdsl.diagram.theme import PALETTES, Look
from archdsl.diagram.words import size, wrap
from archdsl.graph.model import Graph
from archdsl.passes.cost import Cost


def to_dot(graph: Graph, options: Options | None = None, costs: Cost | None = None) -> str:
    """The same graph and options give the same text. All text from the spec is data: none of it can become DOT or HTML.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    chosen = options or Options()
    return _Drawing(graph, plan(graph, chosen, costs), chosen).source()


class _Drawing:
    def __init__(self, graph: Graph, drawn: Plan, options: Options) -> None:
        import graphviz  # type: ignore[import-untyped]

        self._plan = drawn
        self._style = Style(PALETTES[options.theme])
        self._heat = None if options.color == "family" else Heat.over(drawn, options.color)
        self._picture = graphviz.Digraph(
            name=style.label([graph.name]),
            graph_attr=self._style.graph(options.direction)
            | {
                "label": legend.header(graph, drawn, self._style.palette, self._heat),
                "tooltip": style.label([graph.doc]),
            },
            node_attr=self._style.node(),
            edge_attr=self._style.edge(),
        )

    def source(self) -> str:
        self._terminals(self._plan.inputs)
        self._fill(self._picture, self._plan.root)
        self._terminals(self._plan.outputs)
        for edge in self._plan.edges:
            self._edge(edge)
        text: str = self._picture.source
        return text

    def _terminals(self, terminals: tuple[Terminal, ...]) -> None:
        for each in terminals:
            self._picture.node(each.id, style.label([each.name, size(each.shape)]), **self._style.terminal())

    def _fill(self, picture: Any, frame: Frame) -> None:
        """Everything inside of a frame."""
        for fork in frame.forks:
            picture.node(fork, **self._style.fork())
        for child in frame.children:
            if isinstance(child, Box):
                self._box(picture, child)
            else:
                self._frame(picture, child)

    def _box(self, picture: Any, box: Box) -> None:
        first, *others = box.lines
        lines = [SIGNS[box.mark] + first, *others]
        if self._heat and (figure := self._heat.figure(box)):
            lines.append(figure)
        looks = self._style.box(self._look(box))
        picture.node(box.id, style.label(lines), tooltip=style.label(box.details), **looks)

    def _look(self, box: Box) -> Look:
        palette = self._style.palette
        if box.mark:
            return palette.marks[box.mark]
        if self._heat:
            return palette.heat[self._heat.step(box)]
        return palette.families.get(box.family, palette.plain) if box.kind == "op" else palette.folded

    def _frame(self, picture: Any, frame: Frame) -> None:
        look = self._style.palette.marks[frame.mark] if frame.mark else None
        title = style.label(wrap(SIGNS[frame.mark] + frame.title), left=True)
        attributes = self._style.frame(look, dashed=frame.kind in ("group", "repeat"))
        with picture.subgraph(name=_cluster(frame.number)) as cluster:
            cluster.attr(label=title, tooltip=style.label(frame.details), **attributes)
            self._fill(cluster, frame)

    def _edge(self, edge: Edge) -> None:
        looks = self._style.skip() if edge.skip else {}
        if edge.mark:
            looks |= self._style.marked_edge(edge.mark)
        # An edge that alone crosses a frame ends there: so no arrow runs through the frame's title.
        if edge.enters is not None:
            looks["lhead"] = _cluster(edge.enters)
        elif edge.head.startswith("fork/"):
            looks["arrowhead"] = "none"
        if edge.leaves is not None:
            looks["ltail"] = _cluster(edge.leaves)
        # Spaces keep the label off the line, which Graphviz lets it touch.
        text = style.label(["\N{NO-BREAK SPACE}" * 2 + size(edge.shape)]) if edge.shape else None
        self._picture.edge(edge.tail, edge.head, text, **looks)


def _cluster(number: int) -> str:
    return f"cluster_{number}"
