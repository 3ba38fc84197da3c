"""What stands above each model: what it costs."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.measures import Subject
from archdsl.service.analysis import Analysis
from archdsl.source import Span
from archdsl.summary.figures import human


class Lens(NamedTuple):
    """A model of the text. ``text`` is empty if it needs arguments or has mistakes."""

    span: Span
    model: str
    text: str


def lenses(analysis: Analysis) -> tuple[Lens, ...]:
    """One for each model, in the order of the text."""
    return tuple(Lens(node.name.span, name, figures(analysis, name)) for name, node in analysis.module.models.items())


def figures(analysis: Analysis, model: str) -> str:
    """``25.6 M params · 4.09 G MACs``; empty where there is no graph."""
    graph = analysis.program.usual_graph(model)
    if graph is None:
        return ""
    subject = analysis.kept.setdefault(id(graph), Subject(graph))
    assert isinstance(subject, Subject)
    return f"{human(subject.cost.params)} params · {human(subject.cost.macs)} MACs"
