"""Positions of nodes within their blocks."""

from __future__ import annotations

from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import local_name


def place(graph: Graph, node: Node) -> tuple[str, str, str]:
    """The position of a node in its block, equal for all instances and rounds: equal positions are written alike.

    So instances of a block are one definition, even if for one of them something else were better.
    """
    index = node.instance
    while graph.instances[index].kind == "group" and (parent := graph.instances[index].parent) is not None:
        index = parent
    instance = graph.instances[index]
    names = [part for part in local_name(node.path, instance.path).split(".") if not part.isdigit()]
    return instance.block, ".".join(names), node.op.name
