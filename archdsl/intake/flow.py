"""A flat graph as one flow: steps in sequence, joins of branches, and names for values that are used again.

What flows into a join is its immediate dominator, the last value that all of its branches come from. So what is
series-parallel becomes steps and nested branches; of the rest, a value that was written before is referred to by a tap.
Several outputs are branches as well, of what they all come from. What comes from no input, such as a constant or a
learned tensor, has no part in dominators: it is written where it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from archdsl.difference.match import commutes
from archdsl.generalise import Term
from archdsl.intake.dominators import NOTHING, Cuts, Dominators
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.flat import Flat, FlatGraph

_DEEPEST: Final = 12
"""The nesting depth of branches from which on values are tapped instead."""
_REGION: Final = 400
"""Nodes between a join and what its branches come from, up to which it is asked what these share."""
_LONG: Final = 60
"""Nodes between a join and what its branches come from, from which on not all are written as branches."""


@dataclass(slots=True)
class Step:
    """An op or a join with its nested flows, or the name of a value as the start of a flow."""

    node: Flat | None = None
    refers: str = ""
    nested: list[Step] = field(default_factory=list)
    """Steps in braces, whose value has a name."""
    branches: list[list[Step]] = field(default_factory=list)
    """The branches of a join, or of the outputs, which have no node."""
    with_: list[str] = field(default_factory=list)
    """Values that a join takes as arguments, after the value that flows in."""
    given: dict[str, str | list[Step]] = field(default_factory=dict)
    """Tensor arguments of an op: values that were written before, or flows."""
    call: Term | None = None
    """A call of a library block that makes the node and others before it."""


@dataclass(slots=True)
class Written:
    """The flow of a model, the nodes in the order in which it says them, and the values that it refers to."""

    steps: list[Step]
    order: list[str]
    tapped: dict[str, None]


def written(graph: FlatGraph, file: str, cuts: Cuts = NOTHING) -> Written:
    """The flow of a graph. Raises ``Unreadable`` for what has no such form.

    Values that are cut off are steps of their own, before what takes them.
    """
    return _Writer(graph, file, cuts).run()


class _Writer:
    def __init__(self, graph: FlatGraph, file: str, cuts: Cuts) -> None:
        self._graph = graph
        self._file = file
        self._cuts = cuts
        self._tree = Dominators(graph, cuts)
        self._place = {name: place for place, name in enumerate(graph.nodes)}
        self._length = dict.fromkeys(graph.inputs, 0)
        """The length of the longest path to each value."""
        for node in graph:
            self._length[node.name] = 1 + max((self._length[value] for value in node.inputs), default=0)
        self._done: set[str] = set(graph.inputs)
        self._order: list[str] = []
        self._tapped: dict[str, None] = {}

    def run(self) -> Written:
        now = next(iter(self._graph.inputs)) if len(self._graph.inputs) == 1 else None
        steps: list[Step] = []
        for value in (name for name in self._graph.nodes if name in self._cuts.values):
            steps += self._in_passing(value, now, 0)
            now = value
        values = [*self._graph.outputs.values()]
        if len(values) == 1:
            return Written(_after(steps, self._flow(values[0], now, 0)), self._order, self._tapped)
        common = self._tree.nearest(values)
        if common is not None and common not in self._done:
            steps = _after(steps, self._flow(common, now, 0))
            now = common
        branches = [self._flow(value, now, 1) for value in values]
        return Written([*steps, Step(branches=branches)], self._order, self._tapped)

    def _in_passing(self, value: str, current: str | None, depth: int) -> list[Step]:
        """The steps to a value that is needed later: in braces if they start from another value than what flows."""
        steps = self._flow(value, current, depth)
        starts = steps[0].refers or not (steps[0].node is None or steps[0].node.inputs)
        return [Step(nested=steps)] if starts else steps

    def _flow(self, value: str, current: str | None, depth: int) -> list[Step]:
        """The steps from the current value to another one."""
        spine: list[tuple[Flat, str | None, int | None]] = []
        start: Step | None = None
        at: str | None = value
        while at is not None and at != current:
            if at in self._done:
                start = Step(refers=self._refer(at))
                break
            node = self._graph.nodes[at]
            came, through = self._comes_from(node, current, depth)
            spine.append((node, came, through))
            at = came
        steps = [] if start is None else [start]
        for node, came, through in reversed(spine):
            before = self._before(node, came, through, depth)
            steps += before
            steps.append(self._step(node, None if before else came, through, depth))
            self._done.add(node.name)
            self._order.append(node.name)
        return steps

    def _before(self, node: Flat, came: str | None, through: int | None, depth: int) -> list[Step]:
        """What several branches of a join need, written before it; the branches begin at its names then."""
        if through is not None or not node.op.joins or depth >= _DEEPEST:
            return []
        made: list[Step] = []
        for value in self._between(node, came):
            if value in self._done:
                continue
            made += self._in_passing(value, came, depth + 1)
            came = value
        return made

    def _between(self, node: Flat, came: str | None) -> list[str]:
        """Values not written yet that are used in more than one branch of a join, in topological order."""
        seen: dict[str, int] = {}
        shared: set[str] = set()
        for place, value in enumerate(node.inputs):
            queue = [value]
            while queue:
                at = queue.pop()
                if at == came or at in self._done or at in self._tree.loose or at in shared:
                    continue
                if seen.get(at, place) != place:
                    shared.add(at)
                elif at not in seen:
                    seen[at] = place
                    queue += self._graph.nodes[at].inputs
                if len(seen) > _REGION:
                    return []
        return sorted(shared, key=self._place.__getitem__)

    def _comes_from(self, node: Flat, current: str | None, depth: int) -> tuple[str | None, int | None]:
        """What flows into a node; and for a join that takes all else by name, which of its inputs that is.

        ``current`` is the value with which the flow starts: what skips to there is a branch.
        """
        if len(node.inputs) <= 1 or not node.op.joins:
            return (node.inputs[0] if node.inputs else None), None
        named = {value for value in node.inputs if value in self._done or (value, node.name) in self._cuts.skips}
        waiting = [place for place, value in enumerate(node.inputs) if value not in named]
        orders = commutes(node.op)
        above = self._tree.above[node.name]
        if (
            len(waiting) == 1
            and (waiting[0] == 0 or orders)
            and (
                above is None
                or above == node.inputs[waiting[0]]
                or (above in self._done and above != current and named != {above})
            )
        ):
            flows = node.inputs[waiting[0]]
            if flows not in self._tree.loose:
                return flows, waiting[0]
        nodes = self._place[node.name] - self._place.get(above or "", -1)
        begins = above is None or (above in self._done and above != current)
        far = not begins and nodes > _LONG and self._length[node.name] - self._length.get(above or "", 0) > _DEEPEST
        if depth >= _DEEPEST or far:
            lasting = [place for place, value in enumerate(node.inputs) if value != above]
            if len(lasting) == 1 and (lasting[0] == 0 or orders):
                return node.inputs[lasting[0]], lasting[0]
            return self._near(node), None
        return above, None

    def _near(self, node: Flat) -> str:
        """What flows into a join whose branches come together far away: the last value that several of them need.

        Where none is near it is the end of the longest branch. The others begin at what was named before.
        """
        seen: dict[str, int] = {}
        shared: list[str] = []
        for branch, value in enumerate(node.inputs):
            queue = [(self._place_of(value), value)]
            for _ in range(_LONG):
                if not queue:
                    break
                _, at = heappop(queue)
                if at in self._done or at in self._tree.loose:
                    continue
                if seen.setdefault(at, branch) != branch:
                    shared.append(at)
                    continue
                for each in self._graph.nodes[at].inputs:
                    if (self._place_of(each), each) not in queue:
                        heappush(queue, (self._place_of(each), each))
        return max(shared or node.inputs, key=self._length.__getitem__)

    def _place_of(self, value: str) -> int:
        """A sort key that puts later values first."""
        return -self._place.get(value, -1)

    def _step(self, node: Flat, came: str | None, through: int | None, depth: int) -> Step:
        if len(node.inputs) <= 1:
            return Step(node)
        if through is not None:
            others = [value for place, value in enumerate(node.inputs) if place != through]
            return Step(node, with_=[self._refer(value) for value in others])
        if depth > 4 * _DEEPEST:
            raise Unreadable(self._file, [Problem(node.name, "branches within branches are too many")])
        if not node.op.joins:
            return Step(node, given=self._given(node, depth))
        return Step(node, branches=[self._flow(value, came, depth + 1) for value in node.inputs])

    def _given(self, node: Flat, depth: int) -> dict[str, str | list[Step]]:
        """The tensor arguments of an op. One that stands for another input, and has others behind it, is left out."""
        found: dict[str, str | list[Step]] = {}
        came, *others = node.inputs
        for place, (name, value) in enumerate(zip(node.op.tensors, others, strict=False)):
            stands_for = node.op.stands_for.get(name)
            if stands_for is not None and place + 1 < len(others) and value == node.inputs[stands_for]:
                continue
            found[name] = self._refer(value) if value in self._done else self._flow(value, came, depth + 1)
        return found

    def _refer(self, value: str) -> str:
        self._tapped[value] = None
        return value


def _after(before: list[Step], steps: list[Step]) -> list[Step]:
    """Steps after others. A name that these start with stands in braces, with what takes it."""
    if before and steps[0].refers and len(steps) > 1:
        return [*before, Step(nested=steps[:2]), *steps[2:]]
    return [*before, *steps]
