"""Instances that reuse the weights of an earlier instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import local_name


class Uses:
    """The instances whose weights belong to earlier ones, position by position."""

    def __init__(self, graph: Graph) -> None:
        self._layers = {node.path: node.layer for node in graph}
        self._by_layer = defaultdict[str, list[Node]](list)
        for node in graph:
            self._by_layer[node.layer].append(node)

    def first(self, path: str, nodes: Sequence[Node]) -> str:
        """The first use of the instance with these nodes; empty if it is itself the first, or no reuse.

        At each place, a node with the weights of another has those of the node there in the first use, which may have
        them from a third: in two uses of a shared block that uses another one twice, the inner weights are used four
        times, and the second outer block is a use of the first.
        """
        shared = [node for node in nodes if node.layer != node.path]
        if not shared:
            return ""
        places = [local_name(node.path, path) for node in shared]
        ending = f".{places[0]}"
        for node in self._by_layer[shared[0].layer]:
            if node is shared[0]:
                break
            first = node.path.removesuffix(ending)
            if first != node.path and all(
                self._layers.get(f"{first}.{place}") == other.layer for place, other in zip(places, shared, strict=True)
            ):
                return first
        return ""


def reuses(graph: Graph) -> dict[str, str]:
    """For each node of a reuse, its counterpart in the first use; outermost instances are taken."""
    inside = defaultdict[int, list[Node]](list)
    for node in graph:
        index: int | None = node.instance
        while index is not None:
            inside[index].append(node)
            index = graph.instances[index].parent
    places = {instance.path: index for index, instance in enumerate(graph.instances) if index}
    uses = Uses(graph)
    found: dict[str, str] = {}
    for index, instance in enumerate(graph.instances):
        nodes = inside[index]
        if not nodes or nodes[0].path in found:
            continue
        first = uses.first(instance.path, nodes)
        if first in places and len(inside[places[first]]) == len(nodes):
            found.update((node.path, f"{first}.{local_name(node.path, instance.path)}") for node in nodes)
    return found
