"""Receptive fields of steps, in the first graph that contains them."""

from __future__ import annotations

from archdsl.graph.model import Graph
from archdsl.graph.tree import Branch, tree, walk
from archdsl.measures import Subject
from archdsl.service.analysis import Analysis
from archdsl.source import Span
from archdsl.summary.forms import seen


def receptive(analysis: Analysis, span: Span) -> str:
    """The receptive field of the op or block at a place, as text; empty if it is not known."""
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
    """The last node made from the step at a place, the first time that it is elaborated."""
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
