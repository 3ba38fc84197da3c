"""A plan as a Mermaid flowchart: boxes, subgraphs for frames, and edges with their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from archdsl.diagram.edges import Edge
from archdsl.diagram.looks import Looks
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Frame, Plan, Terminal, plan
from archdsl.diagram.theme import Look, Palette
from archdsl.diagram.words import printable, size
from archdsl.graph.model import Graph
from archdsl.passes.cost import Cost
from archdsl.summary.figures import human

_SAFE: Final = re.compile(r"[A-Za-z0-9 .,:=_+×/…−]")
"""What stands for itself in a label. Everything else is written by its number: no text from a spec is Mermaid's syntax,
Markdown, HTML, a link or a directive."""
_DASHES: Final = {"dashed": "5 3", "dotted": "2 2"}


def to_mermaid(graph: Graph, options: Options | None = None, costs: Cost | None = None) -> str:
    """Deterministic text: equal graphs and options give equal text.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.

    >>> from archdsl import load
    >>> print(to_mermaid(load("lenet5").graph)[:61])
    flowchart TB
      accTitle: LeNet5
      accDescr: 61.7 k parameters
    """
    chosen = options or Options()
    return "\n".join(_Flowchart(graph, plan(graph, chosen, costs), chosen).lines()) + "\n"


class _Flowchart:
    def __init__(self, graph: Graph, drawn: Plan, options: Options) -> None:
        self._graph = graph
        self._plan = drawn
        self._options = options
        self._looks = Looks.of(drawn, options)
        boxes = [*drawn.boxes()]
        ids = [*(each.id for each in drawn.inputs), *(box.id for box in boxes), *(each.id for each in drawn.outputs)]
        # Names of Mermaid's own, such as `end`, and characters that mean something are avoided by numbers.
        self._ids = {name: f"n{number}" for number, name in enumerate(ids)}
        self._classes: dict[Look, list[str]] = {}
        for box in boxes:
            self._classes.setdefault(self._looks.box(box), []).append(self._ids[box.id])

    def lines(self) -> Iterator[str]:
        costs = self._plan.costs
        yield f"flowchart {self._options.direction}"
        yield f"  accTitle: {text(self._graph.name) or 'model'}"
        yield f"  accDescr: {human(costs.params)} parameters, {human(costs.macs)} multiply-adds, depth {costs.depth}"
        yield from self._terminals(self._plan.inputs)
        yield from self._inside(self._plan.root, "  ")
        yield from self._terminals(self._plan.outputs)
        yield from (f"  {self._edge(edge)}" for edge in _without_forks(self._plan.edges))
        yield from self._styles()

    def _terminals(self, terminals: Iterable[Terminal]) -> Iterator[str]:
        for each in terminals:
            yield f"  {self._ids[each.id]}([{label([each.name, size(each.shape)])}])"

    def _inside(self, frame: Frame, indent: str) -> Iterator[str]:
        for child in frame.children:
            if isinstance(child, Box):
                left, right = ("(", ")") if child.kind == "op" else ("[[", "]]")
                yield f"{indent}{self._ids[child.id]}{left}{label(self._looks.lines(child))}{right}"
                continue
            yield f"{indent}subgraph f{child.number} [{label([self._looks.title(child)])}]"
            yield from self._inside(child, indent + "  ")
            yield f"{indent}end"

    def _edge(self, edge: Edge) -> str:
        dashed = edge.skip or edge.mark == "removed"
        arrow = "-.->" if dashed else "-->"
        shape = f"|{label([size(edge.shape)])}|" if edge.shape else ""
        return f"{self._ids[edge.tail]} {arrow}{shape} {self._ids[edge.head]}"

    def _styles(self) -> Iterator[str]:
        """A class for each style. Text colours are explicit, for dark pages."""
        palette = self._looks.palette
        for number, (look, names) in enumerate(self._classes.items()):
            yield f"  classDef c{number} {_style(look, palette)}"
            yield f"  class {','.join(names)} c{number}"
        if frames := [f"f{frame.number}" for frame in self._plan.frames() if frame.number]:
            frame = f"fill:{palette.frame},stroke:{palette.frame_line},color:{palette.text}"
            yield f"  classDef frame {frame}"
            yield f"  class {','.join(frames)} frame"
        terminals = [self._ids[each.id] for each in (*self._plan.inputs, *self._plan.outputs)]
        yield f"  classDef terminal {_style(palette.terminal, palette)}"
        yield f"  class {','.join(terminals)} terminal"


def _without_forks(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Edges from box to box: Mermaid has no small dots, and routes each edge separately."""
    before: dict[str, Edge] = {}
    for edge in edges:
        if edge.head.startswith("fork/"):
            before[edge.head] = edge
        elif edge.tail in before:
            yield replace(edge, tail=before[edge.tail].tail, shape=before[edge.tail].shape)
            before[edge.tail] = replace(before[edge.tail], shape=None)  # said once
        else:
            yield edge


def _style(look: Look, palette: Palette) -> str:
    width = "2px" if look.style == "bold" else "1px"
    dashes = f",stroke-dasharray:{_DASHES[look.style]}" if look.style in _DASHES else ""
    return f"fill:{look.fill},stroke:{look.line},color:{look.text or palette.text},stroke-width:{width}{dashes}"


def label(lines: Iterable[str]) -> str:
    """Lines as a quoted Mermaid string.

    >>> label(["head", 'pad("same") %%{init}'])
    '"head<br>pad#40;#34;same#34;#41; #37;#37;#123;init#125;"'
    """
    return '"' + ("<br>".join(map(text, lines)) or " ") + '"'


def text(plain: str) -> str:
    """The text with special characters as numeric entities; characters that cannot be shown become U+FFFD."""
    return "".join(c if _SAFE.match(c) else f"#{ord(c)};" for c in printable(plain))
