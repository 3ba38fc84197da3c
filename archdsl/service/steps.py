"""The output of each step of a block, in its shown instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from archdsl.elaborate.session import Observation
from archdsl.elaborate.template import Step, Template
from archdsl.elaborate.values import Result, Tensor, show_value
from archdsl.graph.dims import Dim, Shape, show, total
from archdsl.passes.cost import NodeCost, share_of
from archdsl.service.analysis import Analysis
from archdsl.service.nodes import core
from archdsl.source import Span
from archdsl.syntax import ast


class Made(NamedTuple):
    """The output of a step, as text, for each shape that it has over several iterations."""

    shapes: tuple[str, ...]
    rounds: int
    cost: NodeCost | None
    """Of all rounds together; ``None`` for what is neither an op nor a call of a block, or has a mistake in it."""

    @property
    def text(self) -> str:
        """``[56, 56, 64]``, or the first and the last of several."""
        if len(self.shapes) > 2:
            return f"{self.shapes[0]} … {self.shapes[-1]}"
        return ", ".join(self.shapes)


class Flow:
    """The steps of one instance of a block."""

    def __init__(self, observation: Observation) -> None:
        self.observation = observation
        self._results: dict[tuple[type, Span], list[Result]] = {}
        for step, result in observation.assembly.results:
            self._results.setdefault((type(step), step.span), []).append(result)
        self._calls: dict[tuple[int, int], list[Step]] = {}
        for made in observation.assembly.steps:
            self._calls.setdefault((made.span.start, made.span.end), []).append(made)
        self._values = _values(observation)

    def made(self, step: ast.Step) -> Made | None:
        """The output of a step of the block; ``None`` if it is not known."""
        results = self._results.get((type(step), step.span))
        if not results:
            return None
        shapes = dict.fromkeys(filter(None, map(shown, results)))
        inner = core(step)
        calls = self._called(inner.target.span) if isinstance(inner, ast.Apply) else ()
        known: dict[int, NodeCost | None] = {}
        cost = _total(self._cost(call, known) for call in calls) if calls else None
        return Made(tuple(shapes), len(results), cost)

    def _called(self, span: Span) -> Sequence[Step]:
        return self._calls.get((span.start, span.end), ())

    def calls(self, span: Span) -> Sequence[Step]:
        """The ops and calls made from the target at a place."""
        return self._called(span)

    def _cost(self, step: Step, known: dict[int, NodeCost | None]) -> NodeCost | None:
        return step_cost(step, self._values, known)


def flow(analysis: Analysis, decl: ast.Block) -> Flow | None:
    """The steps of a block's shown instance; ``None`` if there is none."""
    observation = analysis.instances.of(decl)
    if observation is None:
        return None
    known = analysis.kept.get(id(observation))
    if known is None:
        known = analysis.kept[id(observation)] = Flow(observation)
    return known if isinstance(known, Flow) else None


def shown(result: Result) -> str:
    """The shape of a tensor, or of several by name, as text; empty if nothing is known."""
    if isinstance(result, Tensor):
        return show(result.shape) if result.shape is not None else ""
    parts = [f"{name}: {show(t.shape)}" for name, t in result.tensors.items() if t.shape is not None]
    return f"({', '.join(parts)})" if parts else ""


def instance(observation: Observation) -> str:
    """A description of the instance: the call, or that it is for any arguments."""
    ref = observation.ref
    if ref is None:
        return "any arguments"
    return show_value(ref)


def _values(observation: Observation) -> list[Shape | None]:
    """The shape of every value of an assembly, by number."""
    assembly = observation.assembly
    values: list[Shape | None] = [*assembly.inputs]
    for step in assembly.steps:
        values += step.shapes
    return values


def _total(costs: Iterable[NodeCost | None]) -> NodeCost | None:
    """The sum of costs; ``None`` if one is not known."""
    found = [*costs]
    return NodeCost.sum(each for each in found if each is not None) if None not in found else None


def step_cost(step: Step, values: Sequence[Shape | None], known: dict[int, NodeCost | None]) -> NodeCost | None:
    """The cost of an op or a call, given the shapes of all values; ``None`` if an input has no shape."""
    if any(number < 0 for number in step.inputs):  # a hole that a mistake left
        return None
    inputs = tuple(values[number] or () for number in step.inputs)
    if not isinstance(step.what, Template):
        return share_of(step.what, inputs, step.shapes[0])
    template = step.what
    if id(template) not in known:
        inner: list[Shape | None] = [*inputs]
        for each in template.steps:
            inner += each.shapes
        known[id(template)] = _total(step_cost(each, inner, known) for each in template.steps)
    return known[id(template)]


def figures(cost: NodeCost) -> Mapping[str, Dim]:
    """The nonzero figures of a cost."""
    found: dict[str, Dim] = {"params": cost.params, "MACs": total([cost.macs])}
    return {name: count for name, count in found.items() if count != 0}
