"""The parts of a model that do not depend on its inputs: equal for every example."""

from __future__ import annotations

from archdsl.graph.model import Graph


def constants(graph: Graph) -> frozenset[str]:
    """The nodes that depend on no input of the model and on no randomness: sources, and what follows from them.

    What drops values while training draws anew for every example.

    >>> from archdsl.api import load_text
    >>> graph = load_text("model M() :: [4, 2] -> [4, 2] { add { id, { ramp(8) -> reshape([4, 2]) } } }").graph
    >>> sorted(constants(graph))
    ['add.1.ramp', 'add.1.reshape']
    """
    found = set[str]()
    for node in graph.nodes:
        if node.op.family != "regularisation" and found.issuperset(node.inputs):
            found.add(node.path)
    return frozenset(found)
