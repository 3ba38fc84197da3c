"""Depth: layers with weights on the longest path to each value, as papers count them."""

from __future__ import annotations

from archdsl.graph.model import Graph


def depths(graph: Graph) -> dict[str, int]:
    """The depth of every input and node by name; a layer counts itself.

    >>> from archdsl.api import load
    >>> max(depths(load("resnet50").graph).values())
    50
    """
    found = {port.name: 0 for port in graph.inputs}
    for node in graph.nodes:
        found[node.path] = max((found[name] for name in node.inputs), default=0) + node.op.depth
    return found
