"""Draws a graph in any of the supported formats."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.diagram.options import Options
from archdsl.graph.model import Graph


def drawn(graph: Graph, format: str, options: Options, sources: Mapping[str, str]) -> bytes:
    """The bytes of a file: ``svg``, ``png``, ``pdf``, ``dot``, ``mmd`` (Mermaid), or ``html``, which shows ``sources``.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
        RenderError: another format, or no Graphviz that could write it.
    """
    match format:
        case "html":
            from archdsl.backends.html import to_html

            return to_html(graph, options, sources=sources).encode()
        case "mmd":
            from archdsl.backends.mermaid import to_mermaid

            return to_mermaid(graph, options).encode()
        case _:
            from archdsl.backends.graphviz import draw

            return draw(graph, format, options)
