"""Removes nodes from a graph: their users take another value of the same shape."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.graph.model import Graph, Node
from archdsl.passes.liveness import dead
from archdsl.passes.shapes import prove


def bypass(graph: Graph, instead: Mapping[str, str]) -> Graph:
    """The graph in which each node of ``instead`` is replaced by the value named there, an earlier one.

    What no output needs any more is dropped, and where the owner of shared weights is dropped, the first node that
    used them owns them. The shapes of the result are proved.

    >>> from archdsl.api import load_text
    >>> graph = load_text("model M() :: [8] -> [8] { relu -> dense(8) -> tanh }").graph
    >>> [node.path for node in bypass(graph, {"relu": "input"})]
    ['dense', 'tanh']
    """
    final: dict[str, str] = {}
    for node in graph:
        if node.path in instead:
            name = instead[node.path]
            final[node.path] = final.get(name, name)
    rewired = [_fed(node, final) for node in graph if node.path not in final]
    outputs = tuple(port.model_copy(update={"node": final.get(port.node, port.node)}) for port in graph.outputs)
    gone = set(dead([(node.path, node.inputs) for node in rewired], [port.node for port in outputs]))
    nodes = _owned([node for node in rewired if node.path not in gone])
    kept = {name: getattr(graph, name) for name in Graph.model_fields}
    changed = Graph(**kept | {"nodes": tuple(nodes), "outputs": outputs})  # verified, as a copy is not
    assert not (problems := prove(changed)), problems
    return changed


def _fed(node: Node, instead: Mapping[str, str]) -> Node:
    inputs = tuple(instead.get(name, name) for name in node.inputs)
    return node if inputs == node.inputs else node.model_copy(update={"inputs": inputs})


def _owned(nodes: list[Node]) -> list[Node]:
    """The nodes, with the ownership of shared weights moved to nodes that remain."""
    owner: dict[str, str] = {}
    for node in nodes:
        owner.setdefault(node.layer, node.path)
    return [n if owner[n.layer] == n.layer else n.model_copy(update={"layer": owner[n.layer]}) for n in nodes]
