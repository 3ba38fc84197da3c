"""Finds repeats: consecutive equal units among the steps of a block, such as the bottlenecks of a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from archdsl.graph.model import Graph, Node, Origin
from archdsl.graph.tree import Branch, local_name
from archdsl.ops.base import Op
from archdsl.ops.show import TRAINING, call

Step: TypeAlias = "Branch | Node"
Key: TypeAlias = Callable[[Op], str]

LONGEST: Final = 12
"""Steps of a unit that repeats. Swin's blocks go in twos, a bottleneck that is written out in a loop has ten."""
_WIDTHS: Final = ("filters", "units", "heads", "key_dim", "rate", "to", "start", "stop")
"""Arguments that grow with a model from block to block, or follow the shape of what comes in."""
_WORTH: Final = 3
"""Boxes that folding must save where what repeats is several steps and needs a frame of its own."""


@dataclass(frozen=True, slots=True)
class Run:
    """A repeat: ``times`` units of ``period`` steps each, which begin at ``start`` among the steps."""

    start: int
    period: int = 1
    times: int = 1


def same(op: Op) -> str:
    """A key of ops that compute the same, except for dropout rates, which schedules vary from block to block."""
    return op.name if op.family == "regularisation" else str(call(op))


def similar(op: Op) -> str:
    """A key that is equal for ops that do the same at another width; kernel size and stride count."""
    return str(call(op, hide=(*TRAINING, *_WIDTHS)))


class Runs:
    """Finds the repeats of one graph.

    Steps repeat one another if they are alike: the same blocks, of ops with the same ``key``, called and wired in the
    same way. Shapes may differ, as those of a dense block's layers do. ``notes`` are things known about paths, which
    must be the same too.
    """

    def __init__(self, graph: Graph, key: Key = same, notes: Mapping[str, str] | None = None) -> None:
        self._key = key
        self._notes = notes or {}
        self._keys: dict[int, str] = {}
        self._forms: dict[object, int] = {}
        self._known: dict[int, int] = {}
        self._users: dict[str, list[str]] = {}
        for node in graph.nodes:
            for name in node.inputs:
                self._users.setdefault(name, []).append(node.path)
        for port in graph.outputs:
            self._users.setdefault(port.node, []).append("")  # no node: an output is outside of everything

    def of(self, steps: Sequence[Step]) -> Iterator[Run]:
        """The steps in order, as runs of one unit or more."""
        forms = [self._form(step) for step in steps]
        start = 0
        while start < len(steps):
            run = self._longest(steps, forms, start)
            yield run
            start += run.period * run.times

    def _longest(self, steps: Sequence[Step], forms: Sequence[int], start: int) -> Run:
        best = Run(start)
        for period in range(1, LONGEST + 1):
            inside = pairwise(forms[start : start + period])
            if any(one == other for one, other in inside):
                break  # what repeats would be a repeat itself
            times = self._times(steps, forms, start, period)
            worth = times > 1 if period == 1 else period * (times - 1) >= _WORTH
            if worth and period * times > best.period * best.times:
                best = Run(start, period, times)
        return Run(start) if self._begins_later(steps, forms, best) else best

    def _begins_later(self, steps: Sequence[Step], forms: Sequence[int], run: Run) -> bool:
        """Whether what precedes a loop equals its end, so that the period is better shifted by some steps."""
        if run.period == 1 or _is_loop(steps, run):
            return False
        later = (Run(run.start + shift, run.period, run.times) for shift in range(1, run.period))
        return any(
            _is_loop(steps, run) and self._times(steps, forms, run.start, run.period) >= run.times for run in later
        )

    def _times(self, steps: Sequence[Step], forms: Sequence[int], start: int, period: int) -> int:
        """The number of repetitions of the unit at ``start``, each of which feeds only the next."""
        times, unit, chained = 1, None, True
        while chained and start + (times + 1) * period <= len(steps):
            at = start + times * period
            if forms[at : at + period] != forms[start : start + period]:
                break
            unit = unit or self._unit(steps[start:at])
            following = self._unit(steps[at : at + period])
            chained = unit.feeds(following, self._users)
            unit = following
            times += chained
        return times

    def _unit(self, steps: Sequence[Step]) -> _Unit:
        nodes = [*_nodes(steps)]
        places = {node.path: place for place, node in enumerate(nodes)}
        gives = [node.path for node in nodes if not places.keys() >= set(self._users.get(node.path, ()))]
        return _Unit(places, tuple(gives), *_wiring(nodes))

    def _form(self, step: Step) -> int:
        """A number that is equal for equal steps."""
        if isinstance(step, Node):
            return self._number((self._op(step.op), step.layer == step.path, step.float32, self._notes.get(step.path)))
        known = self._known.get(step.index)
        if known is None:
            instance, above = step.instance, step.instance.path
            inside = tuple((local_name(_path(child), above), self._form(child)) for child in step.children)
            block = instance.block if instance.kind == "block" else ""
            wiring = _wiring([*step.nodes()])[1]
            known = self._number((block, instance.kind, inside, wiring, self._notes.get(above)))
            self._known[step.index] = known
        return known

    def _op(self, op: Op) -> str:
        key = self._keys.get(id(op))  # equal ops of an elaborated graph are one object
        if key is None:
            key = self._keys[id(op)] = self._key(op)
        return key

    def _number(self, form: object) -> int:
        return self._forms.setdefault(form, len(self._forms))


@dataclass(frozen=True, slots=True)
class _Unit:
    places: Mapping[str, int]
    """Of its nodes, by their paths."""
    gives: tuple[str, ...]
    """Nodes whose values are used outside."""
    takes: tuple[str, ...]
    wiring: tuple[tuple[int, ...], ...]

    def feeds(self, following: _Unit, users: Mapping[str, Sequence[str]]) -> bool:
        """Whether all outputs of one unit are the inputs of the other and of no one else, and both are wired alike."""
        both = self.places.keys() | following.places.keys()
        return (
            bool(self.gives)
            and set(following.takes) == set(self.gives)
            and len(self.takes) == len(following.takes)
            and self.wiring == following.wiring
            and all(both.issuperset(users[name]) for name in self.gives)
            # What comes out of the last unit comes out of each.
            and {following.places[name] for name in following.gives} <= {self.places[name] for name in self.gives}
        )


def _wiring(nodes: Sequence[Node]) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """The outside inputs of some nodes, and for each node the sources of its inputs: inside, or outside."""
    places = {node.path: place for place, node in enumerate(nodes)}
    outside = tuple(dict.fromkeys(name for node in nodes for name in node.inputs if name not in places))
    places |= {name: -1 - place for place, name in enumerate(outside)}
    return outside, tuple(tuple(places[name] for name in node.inputs) for node in nodes)


def _nodes(steps: Iterable[Step]) -> Iterator[Node]:
    for step in steps:
        if isinstance(step, Node):
            yield step
        else:
            yield from step.nodes()


def _is_loop(steps: Sequence[Step], run: Run) -> bool:
    """Whether the first two units come from the same source positions."""
    units = (steps[start : start + run.period] for start in (run.start, run.start + run.period))
    one, other = ([_origin(step) for step in unit] for unit in units)
    return one == other


def _origin(step: Step) -> Origin:
    return step.origin if isinstance(step, Node) else step.instance.origin


def _path(step: Step) -> str:
    return step.path if isinstance(step, Node) else step.instance.path
