"""Code lenses above each model: its cost."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.graph.model import Graph
from archdsl.passes.cost import cost
from archdsl.service.analysis import Analysis
from archdsl.source import Span
from archdsl.summary.figures import human


class Lens(NamedTuple):
    """A lens. ``text`` is empty if the model needs arguments or has errors."""

    span: Span
    model: str
    text: str


def lenses(analysis: Analysis) -> tuple[Lens, ...]:
    """One lens for each model, in text order."""
    return tuple(Lens(node.name.span, name, figures(analysis, name)) for name, node in analysis.module.models.items())


def figures(analysis: Analysis, model: str) -> str:
    """``25.6 M params · 4.09 G MACs``; empty where there is no graph."""
    key = analysis.program.key(analysis.module.models[model])
    known = analysis.memory.figures.get(key)
    if known is None:
        graph = analysis.program.usual_graph(model)
        known = _figures(graph) if graph is not None else ""
        analysis.memory.figures[key] = known
    return known


def _figures(graph: Graph) -> str:
    total = cost(graph).total
    return f"{human(total.params)} params · {human(total.macs)} MACs"
