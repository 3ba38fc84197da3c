"""Keys of a graph's arrays: ``path/weight``, the node's path and the op's name of the array."""

from __future__ import annotations

from archdsl.graph.model import Graph
from archdsl.ops.base import Weight


def expected(graph: Graph) -> dict[str, Weight]:
    """Every array of the model by its key, in node order. Nodes that share weights have one set of them.

    >>> import archdsl
    >>> net = archdsl.load_text("model Net() :: [8] -> [2] { dense(4) as hidden -> relu -> dense(2) as head }")
    >>> [*expected(net.graph)]
    ['hidden/kernel', 'hidden/bias', 'head/kernel', 'head/bias']
    """
    owners = (node for node in graph if node.layer == node.path)
    return {
        f"{node.path}/{weight.name}": weight for node in owners for weight in node.op.weights(*graph.input_shapes(node))
    }
