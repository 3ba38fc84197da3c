"""Instances of a graph that are other uses of one whose weights they have."""

from __future__ import annotations

from collections import defaultdict

from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import local_name


def reuses(graph: Graph) -> dict[str, str]:
    """For each node of such an instance the one in the first use that it is like; the outermost instances are taken."""
    inside = defaultdict[int, list[Node]](list)
    for node in graph:
        index: int | None = node.instance
        while index is not None:
            inside[index].append(node)
            index = graph.instances[index].parent
    places = {instance.path: index for index, instance in enumerate(graph.instances)}
    found: dict[str, str] = {}
    for index, instance in enumerate(graph.instances):
        nodes = inside[index]
        if not nodes or nodes[0].path in found:
            continue
        first = _first_use(instance.path, nodes)
        if first in places and first != instance.path and len(inside[places[first]]) == len(nodes):
            found.update((node.path, f"{first}.{local_name(node.path, instance.path)}") for node in nodes)
    return found


def _first_use(path: str, nodes: list[Node]) -> str:
    """The path of the instance whose weights all of these have; empty if there is none."""
    owners = set[str]()
    for node in nodes:
        if node.layer != node.path:
            below = f".{local_name(node.path, path)}"
            owners.add(node.layer.removesuffix(below) if node.layer.endswith(below) else "")
    return owners.pop() if len(owners) == 1 else ""
