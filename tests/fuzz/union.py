"""Many graphs side by side as one, so that a compiler which takes long to start is started once for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.graph.model import Graph, Node, Port


def union(graphs: Mapping[str, Graph]) -> Graph:
    """One graph with the nodes, inputs and outputs of all, called after the names of their graphs: ``name_output``."""
    first = next(iter(graphs.values()))
    return Graph(
        name="Union",
        inputs=tuple(_port(name, port) for name, graph in graphs.items() for port in graph.inputs),
        outputs=tuple(_port(name, port) for name, graph in graphs.items() for port in graph.outputs),
        nodes=tuple(_node(name, node) for name, graph in graphs.items() for node in graph),
        instances=first.instances[:1],
    )


def _port(name: str, port: Port) -> Port:
    return Port(name=f"{name}_{port.name}", shape=port.shape, node=f"{name}_{port.node}")


def _node(name: str, node: Node) -> Node:
    return node.model_copy(
        update={
            "path": f"{name}_{node.path}",
            "layer": f"{name}_{node.layer}",
            "inputs": tuple(f"{name}_{given}" for given in node.inputs),
            "instance": 0,
        }
    )
