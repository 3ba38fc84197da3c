"""A flat graph as one flow: steps in sequence, joins of branches, and names for what the text needs a second time.

What flows into a join is its immediate dominator, the last value that all of its branches come from. So what is
series-parallel becomes steps and nested branches; of the rest, a value that was written before is referred to by a tap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from archdsl.difference.match import commutes
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.flat import Flat, FlatGraph

_DEEPEST: Final = 12
"""Branches within branches, from which on values are tapped instead."""
_LONG: Final = 60
"""Nodes between a value and the join that takes it again, from which on that is a skip to a tap and no branch."""


@dataclass(slots=True)
class Step:
    """An op or a join with what is written within, or the name of a value as the start of a flow."""

    node: Flat | None = None
    refers: str = ""
    branches: list[list[Step]] = field(default_factory=list)
    with_: list[str] = field(default_factory=list)
    """Values that a join takes as arguments, after what flows."""


@dataclass(slots=True)
class Written:
    """The flow of a model, the nodes in the order in which it says them, and the values that it refers to."""

    steps: list[Step]
    order: list[str]
    tapped: dict[str, None]


def written(graph: FlatGraph, file: str) -> Written:
    """The flow of a graph with one input and one output. Raises ``Unreadable`` for what has no such form."""
    return _Writer(graph, file).run()


class _Writer:
    def __init__(self, graph: FlatGraph, file: str) -> None:
        self._graph = graph
        self._file = file
        self._above = _dominators(graph)
        self._place = {name: place for place, name in enumerate(graph.nodes)}
        self._done: set[str] = set(graph.inputs)
        self._order: list[str] = []
        self._tapped: dict[str, None] = {}

    def run(self) -> Written:
        (first,), (value,) = self._graph.inputs, self._graph.outputs.values()
        return Written(self._flow(value, first, 0), self._order, self._tapped)

    def _flow(self, value: str, current: str | None, depth: int) -> list[Step]:
        """The steps from the value that flows to another one."""
        spine: list[tuple[Flat, str | None, int | None]] = []
        start: Step | None = None
        at: str | None = value
        while at is not None and at != current:
            if at in self._done:
                start = Step(refers=self._refer(at))
                break
            node = self._graph.nodes[at]
            came, through = self._comes_from(node, depth)
            spine.append((node, came, through))
            at = came
        steps = [] if start is None else [start]
        for node, came, through in reversed(spine):
            steps.append(self._step(node, came, through, depth))
            self._done.add(node.name)
            self._order.append(node.name)
        return steps

    def _comes_from(self, node: Flat, depth: int) -> tuple[str | None, int | None]:
        """What flows into a node; and for a join that takes all else by name, which of its inputs that is."""
        if len(node.inputs) <= 1:
            return (node.inputs[0] if node.inputs else None), None
        if not node.op.joins:
            raise Unreadable(
                self._file, [Problem(node.name, f"`{node.op.name}` with tensors as arguments cannot be written yet")]
            )
        waiting = [place for place, value in enumerate(node.inputs) if value not in self._done]
        orders = commutes(node.op)
        if len(waiting) == 1 and (waiting[0] == 0 or orders) and self._above[node.name] in self._done:
            return node.inputs[waiting[0]], waiting[0]
        above = self._above[node.name]
        if above is not None and (depth >= _DEEPEST or self._place[node.name] - self._place.get(above, -1) > _LONG):
            lasting = [place for place, value in enumerate(node.inputs) if value != above]
            if len(lasting) == 1 and (lasting[0] == 0 or orders):
                return node.inputs[lasting[0]], lasting[0]
        return above, None

    def _step(self, node: Flat, came: str | None, through: int | None, depth: int) -> Step:
        if len(node.inputs) <= 1:
            return Step(node)
        if through is not None:
            others = [value for place, value in enumerate(node.inputs) if place != through]
            return Step(node, with_=[self._refer(value) for value in others])
        if depth > 4 * _DEEPEST:
            raise Unreadable(self._file, [Problem(node.name, "branches within branches are too many")])
        return Step(node, branches=[self._flow(value, came, depth + 1) for value in node.inputs])

    def _refer(self, value: str) -> str:
        self._tapped[value] = None
        return value


def _dominators(graph: FlatGraph) -> dict[str, str | None]:
    """The immediate dominator of each value: the nearest common ancestor of its inputs in the tree of dominators.

    Each value keeps a jump to an ancestor further up (Myers 1983), so that finding one takes logarithmic time.
    """
    tree = _Tree()
    for name in graph.inputs:
        tree.add(name, None)
    for node in graph:
        found: str | None = node.inputs[0] if node.inputs else None
        for value in node.inputs[1:]:
            found = tree.common(found, value)
        tree.add(node.name, found)
    return tree.above


class _Tree:
    """Values and what is above each; ``None`` is the root."""

    def __init__(self) -> None:
        self.above: dict[str, str | None] = {}
        self._depth: dict[str | None, int] = {None: 0}
        self._jump: dict[str | None, str | None] = {None: None}

    def add(self, name: str, above: str | None) -> None:
        self.above[name] = above
        depth, jump = self._depth, self._jump
        depth[name] = depth[above] + 1
        far = jump[above]
        is_even = depth[above] - depth[far] == depth[far] - depth[jump[far]]
        jump[name] = jump[far] if is_even else above

    def common(self, one: str | None, other: str | None) -> str | None:
        """The nearest common ancestor of two values."""
        depth, jump = self._depth, self._jump
        if depth[one] < depth[other]:
            one, other = other, one
        while depth[one] > depth[other]:
            far = jump[one]
            one = far if depth[far] >= depth[other] else self._up(one)
        while one != other:
            if jump[one] != jump[other]:
                one, other = jump[one], jump[other]
            else:
                one, other = self._up(one), self._up(other)
        return one

    def _up(self, name: str | None) -> str | None:
        return None if name is None else self.above[name]
