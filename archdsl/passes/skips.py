"""Skip connections: short paths that are added to the layers that they skip, and the model without them.

He et al. 2015 (arXiv:1512.03385) compare residual networks with plain ones that are alike but for the shortcuts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from archdsl.graph.model import Graph, Node
from archdsl.graph.view import view
from archdsl.passes.bypass import bypass
from archdsl.passes.constants import constants

if TYPE_CHECKING:
    import networkx as nx

_START: Final = " start "
"""The root of the dominator tree, before all inputs and constants. No name has a space."""
_PROJECTION: Final = 1
"""Layers with weights that a shortcut may have: none, or the one that fits it to the other shape."""


class NoSkips(ValueError):
    """The model has no skip connections that are added."""

    def __init__(self, graph: Graph) -> None:
        joined = " Its concatenations are none: a shape is what all of their parts make."
        has_concat = any(node.op.name == "concat" for node in graph)
        super().__init__(f"{graph.name} has no skip connections that are added." + joined * has_concat)


def skips(graph: Graph) -> dict[str, str]:
    """Each ``add`` that ends a skip connection, with its operand on the long path.

    Two ways fork at some value and meet in an ``add``. One of them is a skip if it has no layer with weights, or one,
    which projects, and the other has more. Ways that are as long as each other are branches, not skips, and a
    concatenation is none either: without one of its operands the shape would be another.

    >>> from archdsl.api import load
    >>> found = skips(load("resnet18").graph)
    >>> len(found), found["c2.blocks.0.add"]
    (8, 'c2.blocks.0.main.conv2.batch_norm')
    """
    found: dict[str, str] = {}
    adds = [node for node in graph if node.op.name == "add" and len(set(node.inputs)) > 1]
    if not adds:
        return found
    above = _dominators(graph)
    levels = _levels(graph, above)
    for node in adds:
        long = _long_way(graph, node, above, levels)
        if long is not None and graph.shapes[long] == node.shape:
            found[node.path] = long
    return found


def without_skips(graph: Graph) -> Graph:
    """The plain model: the same layers in sequence without skip connections. Its shapes are proved.

    Raises:
        NoSkips: there are none.

    >>> from archdsl.api import load
    >>> plain = without_skips(load("resnet18").graph)
    >>> [node.op.name for node in plain].count("add"), plain.outputs[0].shape
    (0, (1000,))
    """
    found = skips(graph)
    if not found:
        raise NoSkips(graph)
    return bypass(graph, found)


def _long_way(graph: Graph, node: Node, above: Mapping[str, str], levels: Mapping[str, int]) -> str | None:
    """The operand whose path has the most layers, if all others are skips."""
    fork = _fork(node.inputs, above, levels)
    if fork == _START:  # they come from different inputs
        return None
    lengths = {name: _length(graph, name, fork) for name in dict.fromkeys(node.inputs)}
    long = max(lengths, key=lengths.__getitem__)
    others = [length for name, length in lengths.items() if name != long]
    return long if all(length <= _PROJECTION and length < lengths[long] for length in others) else None


def _dominators(graph: Graph) -> dict[str, str]:
    """The immediate dominator of each value."""
    import networkx as nx

    digraph: nx.DiGraph[str] = view(graph)
    digraph.add_edges_from((_START, port.name) for port in graph.inputs)
    # A constant, such as positions, is no way from the inputs to what it is joined with.
    fixed = constants(graph)
    digraph.add_edges_from((_START, name) for name in fixed)
    digraph.remove_edges_from([(a, b) for a, b in digraph.edges if a in fixed and b not in fixed])
    found: dict[str, str] = nx.immediate_dominators(digraph, _START)
    return found


def _levels(graph: Graph, above: Mapping[str, str]) -> dict[str, int]:
    """The depth of each value in the dominator tree."""
    levels = {_START: 0}
    for name in (*(port.name for port in graph.inputs), *(node.path for node in graph)):
        levels[name] = levels[above[name]] + 1
    return levels


def _fork(names: tuple[str, ...], above: Mapping[str, str], levels: Mapping[str, int]) -> str:
    """The nearest common dominator of the names, in time linear in its distance."""
    fork, *others = names
    for other in others:
        name = other
        while fork != name:
            if levels[fork] < levels[name]:
                name = above[name]
            else:
                fork = above[fork]
    return fork


def _length(graph: Graph, name: str, fork: str) -> int:
    """Layers with weights on the longest path from a dominator."""
    lengths = {fork: 0}
    stack = [name]
    while stack:
        node = graph.by_path.get(stack[-1])
        if stack[-1] in lengths or node is None:
            lengths.setdefault(stack.pop(), 0)
        elif waiting := [source for source in node.inputs if source not in lengths]:
            stack.extend(waiting)
        else:
            lengths[stack.pop()] = max((lengths[source] for source in node.inputs), default=0) + node.op.depth
    return lengths[name]
