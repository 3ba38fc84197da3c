"""Integer inputs: those that are used only as indices of embedding tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from archdsl.graph.dims import Dim
from archdsl.graph.model import Graph


def tokens(graph: Graph) -> Mapping[str, Dim]:
    """The inputs whose every use is a table lookup, each with the least number of rows of these tables.

    >>> from archdsl.api import load_text
    >>> tokens(load_text("model M() :: [8] -> [8, 4] { embedding(100, 4) }").graph)
    {'input': 100}
    """
    looked_up = defaultdict[str, list[Dim]](list)
    viewed = defaultdict[str, list[str]](list)
    otherwise = {port.node for port in graph.outputs}
    for node in graph.nodes:
        rows = node.op.looks_up(*graph.input_shapes(node)) if node.inputs else None
        for place, name in enumerate(node.inputs):
            if place == 0 and rows is not None:
                looked_up[name].append(rows)
            elif node.op.view:
                viewed[name].append(node.path)
            else:
                otherwise.add(name)
    found: dict[str, Dim] = {}
    for port in graph.inputs:
        names = [port.name]
        for name in names:
            names += viewed[name]
        rows_of = [rows for name in names for rows in looked_up[name]]
        if rows_of and otherwise.isdisjoint(names):
            found[port.name] = min(rows_of)
    return found
