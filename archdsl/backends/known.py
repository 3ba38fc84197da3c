"""The precondition of every backend: a graph without opaque steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from archdsl.diagnostics import ArchError
from archdsl.diagnostics.catalogue.forms import OpaqueStep
from archdsl.graph.model import Graph
from archdsl.ops.show import value
from archdsl.source import SourceFile, Span

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def need_known(graph: Graph, form: str, sources: Mapping[str, str] = _NONE) -> None:
    """Raises ``ArchError`` with every step of which only the shapes are known. ``form`` is the wanted format.

    ``sources`` are the texts that the graph was written in, by the names of files that its origins have.
    """
    if found := [*_opaque(graph, form, sources)]:
        raise ArchError(found)


def _opaque(graph: Graph, form: str, sources: Mapping[str, str]) -> Iterator[OpaqueStep]:
    for node in graph:
        if not node.op.computes:
            text = SourceFile(node.origin.file, sources.get(node.origin.file, ""))
            span = Span(text, node.origin.start, node.origin.end) if text.text else Span(text, 0, 0)
            called = value(getattr(node.op, "layer", node.op.name))
            yield OpaqueStep(span=span, form=form, layer=called, path=node.path)
