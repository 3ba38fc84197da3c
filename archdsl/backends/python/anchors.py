"""Inputs for ops without one: a Keras layer belongs to a model only if it is called on a tensor of it."""

from __future__ import annotations

from archdsl.graph.model import Graph, Node


def anchored(graph: Graph) -> Graph:
    """The graph with ops without an input connected to a nearby value that they do not read.

    It is the last one before it in the same instance, or else what an instance around it was given first.
    """
    if all(node.inputs for node in graph):
        return graph
    places = {port.name: -1 for port in graph.inputs} | {node.path: place for place, node in enumerate(graph)}
    given = _given(graph)
    latest: dict[int, str] = {}
    nodes: list[Node] = []

    def near(node: Node) -> str:
        if node.instance in latest:
            return latest[node.instance]
        index: int | None = node.instance
        while index:
            name = given.get(index, node.path)
            if places[name] < places[node.path]:
                return name
            index = graph.instances[index].parent
        return graph.inputs[0].name

    for node in graph:
        nodes.append(node if node.inputs else node.model_copy(update={"inputs": (near(node),)}))
        latest[node.instance] = node.path
    return graph.model_copy(update={"nodes": tuple(nodes)})


def _given(graph: Graph) -> dict[int, str]:
    """The first outside input of each instance that has one."""
    found: dict[int, str] = {}
    for node in graph:
        index: int | None = node.instance
        while index:
            instance = graph.instances[index]
            outside = next((name for name in node.inputs if not name.startswith(f"{instance.path}.")), None)
            if outside is not None:
                found.setdefault(index, outside)
            index = instance.parent
    return found
