"""Chooses the axis order of every op: a labelling with the fewest permutations, found as a minimum cut."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from archdsl.backends.code.places import place
from archdsl.backends.torch import lowering as lowering  # registers every op
from archdsl.backends.torch.registry import FIRST, LAST, orders
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph

_CHANGE = 4
_NEVER = 1_000_000
_SOURCE, _SINK = "first", "last"


@dataclass(frozen=True, slots=True)
class Order:
    """Whether a node takes its inputs, and returns its output, channels first."""

    takes: bool
    gives: bool


def port_order(shape: Shape) -> bool:
    """The axis order of a model's input: images and volumes are channels first, sequences as in the graph."""
    return FIRST if len(shape) in (3, 4) else LAST


def axis_orders(graph: Graph) -> Mapping[str, Order]:
    """The axis order of every input and node. Ties are resolved to channels last."""
    cut = _Cut()
    given: dict[str, Hashable] = {}
    ends: dict[str, tuple[Hashable, Hashable]] = {}
    for port in graph.inputs:
        given[port.name] = _SOURCE if port_order(port.shape) else _SINK
    for node in graph:
        rule = orders(node.op, graph.input_shapes(node), node.shape)
        key = (*place(graph, node), rule, len(node.shape))
        takes: Hashable = (key, "takes")
        gives: Hashable = takes if rule.tied else (key, "gives")
        ends[node.path] = (takes, gives)
        for end, wanted in ((takes, rule.takes), (gives, rule.gives)):
            if wanted is not None:
                a, b = (_SOURCE, end) if wanted else (end, _SINK)
                cut.join(a, b, _NEVER, back=0)
        cut.join(_SOURCE, takes, rule.last, back=0)
        cut.join(takes, _SINK, rule.first, back=0)
        for name, shape in zip(node.inputs, graph.input_shapes(node), strict=True):
            if len(shape) > 1:
                cut.join(given[name], takes, _CHANGE, back=_CHANGE)
        given[node.path] = gives
    first = cut.first()
    found = {port.name: Order(*(given[port.name] in first,) * 2) for port in graph.inputs}
    for node in graph:
        takes, gives = ends[node.path]
        found[node.path] = Order(takes in first, gives in first)
    return found


class _Cut:
    """A flow network between ``first`` and ``last``, whose minimum cut separates the ends."""

    def __init__(self) -> None:
        self._spare = defaultdict[Hashable, dict[Hashable, int]](dict)

    def join(self, a: Hashable, b: Hashable, there: int, *, back: int) -> None:
        if a != b:
            self._spare[a][b] = self._spare[a].get(b, 0) + there
            self._spare[b][a] = self._spare[b].get(a, 0) + back

    def first(self) -> set[Hashable]:
        """The nodes reachable from the source in the residual network of a maximum flow (Edmonds and Karp)."""
        while True:
            came: dict[Hashable, Hashable] = {_SOURCE: _SOURCE}
            queue = deque[Hashable]([_SOURCE])
            while queue and _SINK not in came:
                end = queue.popleft()
                for other, spare in self._spare[end].items():
                    if spare > 0 and other not in came:
                        came[other] = end
                        queue.append(other)
            if _SINK not in came:
                return set(came)
            path: list[tuple[Hashable, Hashable]] = [(came[_SINK], _SINK)]
            while path[-1][0] != _SOURCE:
                path.append((came[path[-1][0]], path[-1][0]))
            flow = min(self._spare[a][b] for a, b in path)
            for a, b in path:
                self._spare[a][b] -= flow
                self._spare[b][a] += flow
