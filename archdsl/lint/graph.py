"""Lints that need the graph of a model: a function from a node, or a graph, to a warning, in ``LINTS``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue.lints import BiasBeforeNorm, DropoutAfterLogits
from archdsl.graph.model import Graph, Node, Origin
from archdsl.source import Span

Place: TypeAlias = Callable[[Origin], Span]
Nodes: TypeAlias = Mapping[str, Node]
Found: TypeAlias = Iterator[tuple[Node, Diagnostic]]


def in_graph(graph: Graph, place: Place) -> Found:
    """The warnings about one graph, each with the node that it is about; ``place`` is where a node was written."""
    nodes = {node.path: node for node in graph.nodes}
    for lint in LINTS:
        yield from lint(graph, nodes, place)


def _biases_before_norms(graph: Graph, nodes: Nodes, place: Place) -> Found:
    pairs = ((nodes.get(norm.inputs[0]), norm) for norm in graph.nodes if norm.op.subtracts_mean)
    found = [(node, norm) for node, norm in pairs if node is not None and _has_bias_by_default(node)]
    uses = _uses(graph) if found else {}
    for node, norm in found:
        if uses[node.path] == 1:
            span = place(node.origin)
            arguments = _ARGUMENTS.match(span.source.text, span.end)
            fix = (
                Fix(span._replace(start=arguments.end(1), end=arguments.end(1)), ", bias=false") if arguments else None
            )
            help_ = ("leave it out: `bias=false`; if it is meant, `bias=true` says so",)
            yield node, BiasBeforeNorm(span=span, op=node.op.name, norm=norm.op.name, help=help_, fix=fix)


_ARGUMENTS: Final = re.compile(r"\(([^()\n]+)\)")
"""Of a call that is easy to add one to."""


def _has_bias_by_default(node: Node) -> bool:
    return getattr(node.op, "bias", False) and "bias" not in node.op.model_fields_set


def _uses(graph: Graph) -> dict[str, int]:
    """How often each node is read, by a node or as an output."""
    uses = dict.fromkeys((node.path for node in graph.nodes), 0) | {port.name: 0 for port in graph.inputs}
    for name in (name for node in graph.nodes for name in node.inputs):
        uses[name] += 1
    for port in graph.outputs:
        uses[port.node] += 1
    return uses


def _dropouts_after_logits(graph: Graph, nodes: Nodes, place: Place) -> Found:
    for port in graph.outputs:
        node = nodes.get(port.node)
        while node is not None and node.op.family == "activation":
            node = nodes.get(node.inputs[0])
        if node is None or node.op.family != "regularisation" or len(node.shape) != 1:
            continue
        before = nodes.get(node.inputs[0])
        if before is not None and before.op.depth:
            help_ = ("put it before the last layer",)
            yield node, DropoutAfterLogits(span=place(node.origin), op=node.op.name, port=port.name, help=help_)


LINTS: Final[tuple[Callable[[Graph, Nodes, Place], Found], ...]] = (_biases_before_norms, _dropouts_after_logits)
