"""The diagram of a text: the model shown and its graph, or why there is none."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.bundled import plain
from archdsl.diagnostics import Diagnostic
from archdsl.graph.model import Graph
from archdsl.service.analysis import Analysis


class Diagram(NamedTuple):
    model: str
    """What is shown, a model or a block that is checked; empty if there is neither."""
    models: tuple[str, ...]
    """What could be shown."""
    graph: Graph | None
    problems: tuple[Diagnostic, ...]
    """Where there is no graph: the errors of the text."""


def diagram(analysis: Analysis, model: str | None = None) -> Diagram:
    """The diagram of a model, or of the one that the file is named after, or the first.

    A file of blocks shows those that its `check` lines are about, as these call them. A text with errors elsewhere
    shows the model all the same.
    """
    program = analysis.instances.program
    ready = program.ready()
    graphs = {} if ready else program.checked()
    names = (*ready, *graphs)
    chosen = _chosen(names, model, analysis.source.name)
    graph = graphs[chosen] if chosen in graphs else program.usual_graph(chosen) if chosen else None
    if graph is not None:
        return Diagram(chosen, names, graph, ())
    return Diagram(chosen, names, None, tuple(found for found in analysis.diagnostics if found.is_error))


def _chosen(names: tuple[str, ...], asked: str | None, file: str) -> str:
    if asked in names:
        return asked or ""
    stem = plain(file.rpartition("/")[2].removesuffix(".arch"))
    return next((name for name in names if plain(name) == stem), names[0] if names else "")
