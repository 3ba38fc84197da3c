"""Receptive fields of steps, of the first graph in which they are."""

from __future__ import annotations

from archdsl.graph.model import Graph
from archdsl.graph.tree import Branch, tree, walk
from archdsl.measures import Subject
from archdsl.service.analysis import Analysis
from archdsl.source import Span
from archdsl.summary.forms import seen


def receptive(analysis: Analysis, span: Span) -> str:
    """What the output of the op or block that is called at a place sees of the input; empty where that is not known."""
    for graph in analysis.instances.graphs:
        found = _node(graph, span)
        if found is not None:
            field = _subject(analysis, graph).receptive.nodes.get(found)
            return seen(field.size).text if field is not None and field.axes else ""
    return ""


def _subject(analysis: Analysis, graph: Graph) -> Subject:
    found = analysis.kept.setdefault(id(graph), Subject(graph))
    assert isinstance(found, Subject)
    return found


def _node(graph: Graph, span: Span) -> str | None:
    """The last node that was made of what stands at a place, the first time that it is reached."""
    name, start, end = span.source.name, span.start, span.end
    for node in graph.nodes:
        if node.origin.start == start and node.origin.end == end and node.origin.file == name:
            return node.path
    for number, instance in enumerate(graph.instances):
        if number and (instance.origin.start, instance.origin.end, instance.origin.file) == (start, end, name):
            for _, item in walk(tree(graph)):
                if isinstance(item, Branch) and item.index == number:
                    return [*item.nodes()][-1].path
    return None
