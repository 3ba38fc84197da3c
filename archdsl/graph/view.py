"""A networkx view of the graph, for orders, paths and cycles; it is derived and never read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from archdsl.graph.model import Graph, Node

if TYPE_CHECKING:
    import networkx as nx


def view(graph: Graph) -> nx.DiGraph[str]:
    """A directed graph over paths: a node has its ``Node`` as ``node``, an input its ``Port`` as ``port``.

    Edges run as the data flows. An op that takes one value twice has one edge from it.
    """
    import networkx as nx

    digraph: nx.DiGraph[str] = nx.DiGraph(name=graph.name)
    digraph.add_nodes_from((port.name, {"port": port}) for port in graph.inputs)
    digraph.add_nodes_from((node.path, {"node": node}) for node in graph.nodes)
    digraph.add_edges_from((name, node.path) for node in graph.nodes for name in node.inputs)
    return digraph


def order(graph: Graph) -> tuple[Node, ...]:
    """The nodes in a topological order that is stable: of those that are ready, the first as given."""
    import networkx as nx

    digraph = view(graph)
    position = {name: index for index, name in enumerate(digraph)}
    names = nx.lexicographical_topological_sort(digraph, key=position.__getitem__)
    return tuple(graph[name] for name in names if name in graph.by_path)


def cycles(nodes: Iterable[tuple[str, Sequence[str]]]) -> tuple[tuple[str, ...], ...]:
    """One cycle of every strongly connected component, among untrusted nodes: pairs of a name and its inputs.

    A cycle runs as the data flows and begins with the node that is listed first. There may be exponentially many
    cycles in a knot, and mending one is where mending the others starts.

    >>> cycles([("a", ["x", "c"]), ("b", ["a"]), ("c", ["b"]), ("d", ["c"])])
    (('a', 'b', 'c'),)
    """
    import networkx as nx

    listed = tuple(nodes)
    digraph: nx.DiGraph[str] = nx.DiGraph()
    digraph.add_nodes_from(name for name, _ in listed)
    digraph.add_edges_from((source, name) for name, inputs in listed for source in inputs)
    position = {name: index for index, name in enumerate(digraph)}
    found = []
    for knot in nx.strongly_connected_components(digraph):
        first = min(knot, key=position.__getitem__)
        if len(knot) > 1 or digraph.has_edge(first, first):
            # Breadth first from the first node gives the shortest way round, and the same one on every run.
            found.append(tuple(_way_round(digraph, first, knot)))
    return tuple(sorted(found, key=lambda cycle: position[cycle[0]]))


def _way_round(digraph: nx.DiGraph[str], first: str, knot: set[str]) -> list[str]:
    came_from: dict[str, str] = {}
    ring = [first]
    for name in ring:
        for successor in digraph.successors(name):
            if successor == first:
                way = [name]
                while way[-1] != first:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if successor in knot and successor not in came_from:
                came_from[successor] = name
                ring.append(successor)
    raise AssertionError("a knot has a way round from each of its nodes")


def reachable(graph: Graph) -> frozenset[str]:
    """The inputs and nodes from which an output can be reached: those that the model's outputs depend on."""
    import networkx as nx

    digraph, sink = view(graph), " all outputs "  # one sink makes it one search
    digraph.add_edges_from((port.node, sink) for port in graph.outputs)
    return frozenset(nx.ancestors(digraph, sink))


def longest_path(graph: Graph) -> tuple[Node, ...]:
    """The nodes of a path with the most layers with weights: ``sum(n.op.depth for n in …)`` is the depth."""
    import networkx as nx

    digraph = view(graph)
    for _, name, edge in digraph.edges(data=True):
        edge["depth"] = graph[name].op.depth
    return tuple(graph[name] for name in nx.dag_longest_path(digraph, weight="depth") if name in graph.by_path)
