"""Proof that the written graph is isomorphic to the one that was read, node by node in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archdsl.difference.canon import is_same
from archdsl.difference.match import commutes, owner
from archdsl.graph.model import Graph
from archdsl.intake.errors import Problem
from archdsl.intake.flat import FlatGraph


def pairs(read: FlatGraph, order: Sequence[str], graph: Graph) -> tuple[dict[str, str], list[Problem]]:
    """The node of the written graph for each node that was read, and the differences that prevent an isomorphism.

    The text says its nodes in a known order, which gives the pairs; all that makes graphs equal is compared then: ops
    with their arguments, what flows into what, shapes, who owns weights, inputs and outputs. So it is of no consequence
    how the text was found.
    """
    ours = {name: port.name for name, port in zip(read.inputs, graph.inputs, strict=False)}
    if len(order) != len(graph) or {*order} != {*read.nodes} or len(read.inputs) != len(graph.inputs):
        return {}, [Problem("", f"{len(read)} nodes were read, and the spec has {len(graph)}")]
    made = dict(zip(order, (node.path for node in graph), strict=True))
    return made, [*_differences(read, graph, ours | made, made)]


def _differences(read: FlatGraph, graph: Graph, ours: Mapping[str, str], made: Mapping[str, str]) -> Iterator[Problem]:
    for (name, shape), port in zip(read.inputs.items(), graph.inputs, strict=True):
        if shape != port.shape:
            yield Problem(name, f"the input is {shape}, and {port.shape} in the spec")
    theirs_by_ours: dict[str, str] = {}
    ours_by_theirs: dict[str, str] = {}
    for name, path in made.items():
        theirs, node = read.nodes[name], graph[path]
        inputs, wanted = [*node.inputs], [ours[value] for value in theirs.inputs]
        if commutes(node.op):
            inputs, wanted = sorted(inputs), sorted(wanted)
        if inputs != wanted:
            yield Problem(name, f"it takes {', '.join(wanted)}, and {path} of the spec takes {', '.join(inputs)}")
        elif not is_same(theirs.op, node.op, tuple(read.shape(value) for value in theirs.inputs)):
            yield Problem(name, f"it is {theirs.op!r}, and {path} of the spec is {node.op!r}")
        elif theirs.shape != node.shape:
            yield Problem(name, f"its shape is {theirs.shape}, and that of {path} {node.shape}")
        owns = owner(graph, node)
        mates = (ours_by_theirs.setdefault(theirs.layer, owns), theirs_by_ours.setdefault(owns, theirs.layer))
        if mates != (owns, theirs.layer):
            yield Problem(name, f"{path} of the spec has the weights of {owns}")
    outputs = [ours[value] for value in read.outputs.values()]
    if outputs != [port.node for port in graph.outputs]:
        yield Problem("", "the spec gives other values as outputs")
