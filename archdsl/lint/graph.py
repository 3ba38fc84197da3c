"""Lints on the graph of a model: functions from a node, or a graph, to warnings, in ``LINTS``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue.lints import ActivationBeforeAdd, BiasBeforeNorm, DropoutAfterLogits, RowsOfFeatures
from archdsl.graph.model import Graph, Node, Origin
from archdsl.source import Span

Place: TypeAlias = Callable[[Origin], Span]
Nodes: TypeAlias = Mapping[str, Node]
Found: TypeAlias = Iterator[tuple[Node, Diagnostic]]


def in_graph(graph: Graph, place: Place) -> Found:
    """The warnings about one graph, each with its node; ``place`` gives the span of a node."""
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
"""The most arguments of a call to which it is easy to add one."""


def _has_bias_by_default(node: Node) -> bool:
    return getattr(node.op, "bias", False) and "bias" not in node.op.model_fields_set


def _uses(graph: Graph) -> dict[str, int]:
    """The number of uses of each node, by nodes and as outputs."""
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


def _activations_before_sums(graph: Graph, nodes: Nodes, place: Place) -> Found:
    """For sums before an activation: the activation after a norm that ends exactly one branch."""
    sums = [node for node in graph.nodes if node.op.family == "activation" and _is_sum(nodes.get(node.inputs[0]))]
    uses = _uses(graph) if sums else {}
    for after in sums:
        total = nodes[after.inputs[0]]
        ends = [node for node in map(nodes.get, total.inputs) if node is not None and _is_activated_norm(node, nodes)]
        ends = [node for node in ends if uses[node.path] == 1]
        if uses[total.path] == len(ends) == 1:
            help_ = ("leave out the one in the branch, as `ConvBN` does in place of `ConvBNAct`",)
            op, last = ends[0].op.name, after.op.name
            yield ends[0], ActivationBeforeAdd(span=place(ends[0].origin), op=op, after=last, help=help_)


def _is_sum(node: Node | None) -> bool:
    return node is not None and node.op.shares_gradient and len(node.inputs) > 1


def _is_activated_norm(node: Node, nodes: Nodes) -> bool:
    before = nodes.get(node.inputs[0]) if node.op.family == "activation" else None
    return before is not None and before.op.family == "normalisation"


def _rows_of_features(graph: Graph, nodes: Nodes, place: Place) -> Found:
    for node in graph.nodes:
        if node.inputs and node.op.looks_up(*graph.input_shapes(node)) is not None:
            source = nodes.get(node.inputs[0])
            while source is not None and source.op.view and source.inputs:
                source = nodes.get(source.inputs[0])
            if source is not None and source.inputs:
                help_ = ("tokens come in by an input of the model, as whole numbers",)
                yield (
                    node,
                    RowsOfFeatures(span=place(node.origin), op=node.op.name, source=source.op.name, help=help_),
                )


LINTS: Final[tuple[Callable[[Graph, Nodes, Place], Found], ...]] = (
    _activations_before_sums,
    _biases_before_norms,
    _dropouts_after_logits,
    _rows_of_features,
)
