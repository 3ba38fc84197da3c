"""Sequences of ops for which a file has one function."""

from __future__ import annotations

from collections import Counter

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.lowering.convolution import MAP
from archdsl.backends.torch.registry import Site, lowers
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.ops.reshape import Permute, Reshape


class Shuffle(Op):
    """Channel shuffle. It is in no registry: no spec can express it."""

    groups: int


@lowers(Shuffle, orders=MAP)
def shuffle(op: Shuffle, site: Site) -> Lowered:  # noqa: ARG001 -- as all lowerings
    return Lowered(code("channel_shuffle({0}, {groups})", groups=op.groups), None, (), helped("channel_shuffle"))


def with_idioms(graph: Graph) -> Graph:
    """The graph with channel shuffles (reshape, permute, reshape) replaced by one op."""
    uses = Counter(name for node in graph for name in node.inputs)
    uses.update(port.node for port in graph.outputs)
    replaced: dict[str, Node] = {}
    dropped: set[str] = set()
    for node in graph:
        found = _shuffled(graph, node, uses)
        if found is not None:
            turned = graph[node.inputs[0]]
            grouped = graph[turned.inputs[0]]
            replaced[node.path] = node.model_copy(update={"op": found, "inputs": grouped.inputs})
            dropped |= {turned.path, grouped.path}
    if not replaced:
        return graph
    nodes = tuple(replaced.get(node.path, node) for node in graph if node.path not in dropped)
    return graph.model_copy(update={"nodes": nodes})


def _shuffled(graph: Graph, node: Node, uses: Counter[str]) -> Shuffle | None:
    """The channel shuffle that a reshape ends with the permutation and the reshape before it."""
    turned = graph.by_path.get(node.inputs[0]) if isinstance(node.op, Reshape) else None
    if turned is None or not isinstance(turned.op, Permute) or turned.op.order != (0, 1, 3, 2):
        return None
    grouped = graph.by_path.get(turned.inputs[0])
    if grouped is None or not isinstance(grouped.op, Reshape) or uses[grouped.path] + uses[turned.path] > 2:
        return None
    shape, groups = graph.input_shapes(grouped)[0], grouped.shape[-2]
    fits = shape == node.shape and len(shape) == 3 and shape[:-1] == grouped.shape[:-2] and isinstance(groups, int)
    return Shuffle(groups=groups) if fits and isinstance(groups, int) else None
