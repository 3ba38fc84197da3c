"""Sign analysis: the values that are never negative."""

from __future__ import annotations

from archdsl.graph.model import Graph


def nonnegative(graph: Graph) -> frozenset[str]:
    """The nodes whose values are never negative: by their op, or because all values that they pass on are so.

    >>> from archdsl.api import load_text
    >>> graph = load_text("model M() :: [8, 8, 4] -> [4, 4, 4] { conv(4) -> relu -> max_pool(2) }").graph
    >>> sorted(nonnegative(graph))
    ['max_pool', 'relu']
    """
    found = set[str]()
    for node in graph.nodes:
        if node.op.nonnegative or (node.op.keeps_sign and found.issuperset(node.inputs)):
            found.add(node.path)
    return frozenset(found)
