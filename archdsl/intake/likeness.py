"""Comparison of two models after all rewrites, for files that were exported from a spec and imported again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from archdsl.difference.canon import canonical
from archdsl.difference.match import commutes, owner
from archdsl.graph.model import Graph
from archdsl.intake.flat import FlatGraph
from archdsl.intake.rewrites import rewritten
from archdsl.ops.base import without_starts


def flat(graph: Graph) -> FlatGraph:
    """The graph of a spec as readers give those of files."""
    found = FlatGraph(graph.name, {port.name: port.shape for port in graph.inputs})
    for node in graph:
        found.add(node.path, node.op, node.inputs, owner(graph, node))
    found.outputs = {port.name: port.node for port in graph.outputs}
    return found


def differences(one: FlatGraph, other: FlatGraph) -> list[str]:
    """The differences between two models after all rewrites; empty if they are isomorphic.

    A node is known by its op, what it takes and how often its weights are used; how weights start is left out, which
    files of weights do not say. Nodes that are alike in this are counted.
    """
    (ours, outputs), (theirs, others) = _numbered(rewritten(one)), _numbered(rewritten(other))
    lines = [f"{sign} {_said(node)}" for sign, a, b in (("-", ours, theirs), ("+", theirs, ours)) for node in a - b]
    return lines or ([] if outputs == others else ["the outputs are others"])


def _numbered(graph: FlatGraph) -> tuple[Counter[Hashable], list[Hashable]]:
    """Nodes by all that they depend on, as hashes; and what the outputs are."""
    uses = Counter(node.layer for node in graph)
    known: dict[str, int] = {name: hash((place, shape)) for place, (name, shape) in enumerate(graph.inputs.items())}
    found = Counter[Hashable]()
    for node in graph:
        inputs = [known[value] for value in node.inputs]
        key = (canonical(without_starts(node.op)), node.shape, uses[node.layer])
        known[node.name] = hash((key, tuple(sorted(inputs) if commutes(node.op) else inputs)))
        found[(known[node.name], *key)] += 1
    return found, [known[value] for value in graph.outputs.values()]


def _said(node: Hashable) -> str:
    assert isinstance(node, tuple)
    return f"{node[1]} {node[2]}"
