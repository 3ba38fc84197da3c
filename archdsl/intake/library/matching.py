"""Unification of library blocks with steps of a model, which gives the arguments of calls.

A definition is followed step by step as elaboration would, with parameters that are not known yet. Where it goes one
way or another by what is not known, both are tried. Rounds of a loop are taken as long as there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, TypeAlias

from archdsl.difference.match import commutes
from archdsl.elaborate.values import BlockRef, Keyword
from archdsl.intake.flat import FlatGraph
from archdsl.intake.flow import Step
from archdsl.intake.library.arguments import equal, is_default, is_literal, own_arguments
from archdsl.intake.library.called import Apart, Called, Here, Open, bound_to, callees, completed, decided
from archdsl.intake.library.first import may_begin, starts_anew
from archdsl.intake.library.given import given
from archdsl.intake.library.place import Place
from archdsl.intake.library.shelf import Shelf
from archdsl.intake.library.signatures import named_sizes, with_sizes
from archdsl.intake.library.solution import UNKNOWN, Callee, Delayed, Frame, Solution, Variable, Wanted, argument
from archdsl.names.steps import body_of
from archdsl.ops.init import STARTS
from archdsl.syntax import ast

_WAYS: Final = 24
"""The most alternatives for a block and the same steps, of which the best is taken."""
_ROUNDS: Final = 200
"""Of a loop without a known end, how many are taken: a round costs time in proportion to those before."""
_DEEPEST: Final = 2
"""The nesting depth of library blocks as arguments of each other."""


Found: TypeAlias = tuple[Place, Solution]


@dataclass(frozen=True, slots=True)
class Match:
    """A call of a block, up to which step it goes, and the nodes that it makes in the order of its text."""

    block: BlockRef
    given: Mapping[str, Any]
    """Arguments that are not what they are by default: values, and ops and blocks as ``Callee``."""
    end: int
    nodes: tuple[str, ...]


class Matcher:
    """Compares blocks of the library with steps of a model. What was found is kept by the identity of a flow, which the
    caller keeps as long.
    """

    def __init__(self, graph: FlatGraph, shelf: Shelf, alone: frozenset[str]) -> None:
        """``alone`` has the nodes that no call may make: their values or weights are needed by name."""
        self._graph = graph
        self._shelf = shelf
        self._alone = alone
        self._known: dict[tuple[int, int, int], Collection[Match]] = {}
        """What was found, by the block, the flow and the place in it."""

    def match(self, block: BlockRef, place: Place) -> Collection[Match]:
        """The calls of a block that make the steps from a place on; they may end at different steps."""
        now, key = place.step, (id(block.decl), id(place.steps), place.at)
        if now is None or now.node is None or not may_begin(block, now.node.op.name):
            return ()
        if key in self._known:
            return self._known[key]
        found: dict[int, Match] = {}
        for match in islice(self._matches(block, place), _WAYS):
            if match.end not in found or len(match.given) < len(found[match.end].given):
                found[match.end] = match
        self._known[key] = [*found.values()]
        return self._known[key]

    def _matches(self, block: BlockRef, place: Place) -> Iterator[Match]:
        callee = Callee(block, {p.name.id: _variable(p) for p in block.decl.params})
        for end, solution in self._block(callee, place, Solution(self._shelf.session), 0):
            finished = solution.finished()
            if finished is None or len(finished.nodes) < 2 or not self._may_go(finished.nodes):
                continue
            taken = given(callee, finished)
            if taken is not None:
                yield Match(block, taken, end.at, finished.nodes)

    def _may_go(self, nodes: Sequence[str]) -> bool:
        return not any(name in self._alone for name in nodes[:-1])

    # --- blocks and flows --------------------------------------------------------------------------------------------

    def _block(self, callee: Callee, place: Place, solution: Solution, depth: int) -> Iterator[Found]:
        """The ways in which a call of a block makes the steps from a place on."""
        block, now = callee.of, place.step
        assert isinstance(block, BlockRef)
        if now is None or now.node is None or not may_begin(block, now.node.op.name):
            return
        names: dict[str, Any] = {}
        frame = Frame(block.module, names)
        for param in block.decl.params:
            name = param.name.id
            default = Delayed(param.default, frame) if param.default is not None else None
            binding = callee.given.get(name, UNKNOWN)
            if binding is UNKNOWN:
                if default is None:
                    return
                binding = Variable(param.type, default)
            elif isinstance(binding, Variable) and binding.default is None:
                binding.default = default
            elif not solution.may_be(binding, param.type):
                return
            names[name] = binding
        signature = block.decl.signature
        entered: Solution | None = solution
        if signature is not None:
            sizes = self._graph.shape(place.value)
            names |= named_sizes(signature.inputs[0].shape, sizes, names)
            entered = with_sizes(signature.inputs[0].shape, sizes, frame, solution)
        if entered is None:
            return
        for end, found in self._body(block.decl.body, place, frame, entered, depth):
            made: Solution | None = found
            if signature is not None:
                made = with_sizes(signature.outputs[0].shape, self._graph.shape(end.value), frame, found)
            if made is not None:
                yield end, made

    def _body(self, body: ast.Body, place: Place, frame: Frame, solution: Solution, depth: int) -> Iterator[Found]:
        if body.flow is None or any(not isinstance(each, ast.Let) for each in body.statements):
            return
        names = dict(frame.names)
        inner = Frame(frame.module, names)
        for statement in body.statements:
            assert isinstance(statement, ast.Let)
            names[statement.name.id] = Delayed(statement.value, inner)
        yield from self._flow(body.flow.steps, place, inner, solution, depth)

    def _flow(
        self, steps: Sequence[ast.Step], place: Place, frame: Frame, solution: Solution, depth: int
    ) -> Iterator[Found]:
        if not steps:
            yield place, solution
            return
        step = steps[0]
        if isinstance(step, ast.Tap) and isinstance(step.step, ast.Nest) and starts_anew(step.step.body):
            yield from self._flow(
                steps[1:], place, frame.inner(**{step.name.id: Apart(step.step.body, frame)}), solution, depth
            )
            return
        for after, found in self._step(step, place, frame, solution, depth):
            named = frame.inner(**{step.name.id: Here(after.value)}) if isinstance(step, ast.Tap) else frame
            yield from self._flow(steps[1:], after, named, found, depth)

    def _step(self, step: ast.Step, place: Place, frame: Frame, solution: Solution, depth: int) -> Iterator[Found]:
        match step:
            case ast.Tap() | ast.Claim():
                yield from self._step(step.step, place, frame, solution, depth)
            case ast.Nest():
                yield from self._body(step.body, place, frame, solution, depth)
            case ast.Choose():
                for is_met, found in decided(step.condition, frame, solution):
                    side = step.then if is_met else step.otherwise
                    if side is None:
                        yield place, found
                    else:
                        yield from self._body(side, place, frame, found, depth)
            case ast.Repeat():
                yield from self._repeated(step, place, frame, solution, depth)
            case ast.Each():
                yield from self._each(step, place, frame, solution, depth)
            case ast.Apply():
                called = ast.Call(step.span, step.target, step.arguments) if step.arguments else step.target
                for callee, found in callees(called, frame, solution):
                    yield from self._applied(callee, step, place, frame, found, depth)

    # --- loops -------------------------------------------------------------------------------------------------------

    def _repeated(
        self, step: ast.Repeat, place: Place, frame: Frame, solution: Solution, depth: int
    ) -> Iterator[Found]:
        def inner(number: int) -> Frame:
            return frame.inner(**{step.index.id: number}) if step.index is not None else frame

        known = solution.value(step.count, frame)
        count = known if isinstance(known, int) else None
        for at, found, rounds in self._rounds(step.body, place, inner, solution, count, depth):
            if (done := found.equal(step.count, frame, Wanted(rounds))) is not None:
                yield at, done

    def _each(self, step: ast.Each, place: Place, frame: Frame, solution: Solution, depth: int) -> Iterator[Found]:
        """A loop over a list that is known; else the list has an element for each round that there is."""
        targets = [target.id for target in step.targets]
        known = solution.value(step.iterable, frame)
        elements: list[Variable] = []

        def inner(number: int) -> Frame:
            if isinstance(known, tuple):
                row = known[number] if len(targets) > 1 else (known[number],)
            else:
                elements[number:] = [Variable(None)]
                row = (number, elements[number]) if counted else (elements[number],)
            return frame.inner(**dict(zip(targets, row, strict=False)))

        counted, listed = _listed(step.iterable)
        rounds = self._rounds(
            step.body, place, inner, solution, len(known) if isinstance(known, tuple) else None, depth
        )
        if isinstance(known, tuple):
            yield from ((at, found) for at, found, count in rounds if count == len(known))
        elif known is UNKNOWN:
            for at, found, count in rounds:
                values = tuple(found.of(each) for each in elements[:count])
                done = None if UNKNOWN in values else found.equal(listed, frame, Wanted(values))
                if done is not None:
                    yield at, done

    def _rounds(
        self,
        body: ast.Body,
        place: Place,
        inner: Callable[[int], Frame],
        solution: Solution,
        count: int | None,
        depth: int,
    ) -> Iterator[tuple[Place, Solution, int]]:
        """Where a loop ends, and after how many rounds: all that it has, or all that there are.

        The first round may go in several ways, and the others then go in the first way that they can.
        """
        if count == 0:
            yield place, solution, 0
            return
        for first in self._body(body, place, inner(0), solution, depth):
            now, rounds = first, 1
            while now[0] != place and rounds < (_ROUNDS if count is None else count):
                made = next(self._body(body, now[0], inner(rounds), now[1], depth), None)
                if made is None or made[0] == now[0]:
                    break
                now, rounds = made, rounds + 1
            yield *now, rounds

    def _applied(
        self,
        callee: Called,
        step: ast.Apply,
        place: Place,
        frame: Frame,
        solution: Solution,
        depth: int,
    ) -> Iterator[Found]:
        match callee:
            case Here():
                if callee.value == place.value:
                    yield place, solution
            case Open():
                yield from self._opened(callee, step, place, frame, solution, depth)
            case Keyword(name="residual"):
                yield from self._residual(step, place, frame, solution, depth)
            case Callee(of=None):
                if step.branches is None:
                    yield place, solution
            case Callee(of=BlockRef()):
                if step.branches is None:
                    yield from self._block(callee, place, solution, depth)
            case Callee():
                yield from self._op(callee, step, place, frame, solution, depth)

    def _opened(
        self, open_: Open, step: ast.Apply, place: Place, frame: Frame, solution: Solution, depth: int
    ) -> Iterator[Found]:
        """What a parameter may be that is an op or a block: its default, an op of that family, or another block."""
        variable, usual, is_met = open_.variable, None, False
        bound = solution.bind(variable, variable.default) if variable.default is not None else None
        for callee, found in bound_to(variable, bound) if bound is not None else ():
            usual = callee
            given = completed(callee, open_)
            for made in self._applied(given, step, place, frame, found, depth) if given is not None else ():
                is_met = True
                yield made
        is_nothing = isinstance(usual, Callee) and usual.of is None
        if is_met and not is_nothing:
            return
        if isinstance(usual, Callee) and isinstance(usual.of, type):
            yield from self._of_family(usual, open_, step, place, frame, solution, depth)
        elif depth < _DEEPEST and (open_.bare or is_nothing):
            yield from self._of_library(open_, step, place, frame, solution, depth, keeps_shape=is_nothing)

    def _of_family(
        self,
        usual: Callee,
        open_: Open,
        step: ast.Apply,
        place: Place,
        frame: Frame,
        solution: Solution,
        depth: int,
    ) -> Iterator[Found]:
        """The op that is there, if it is of the family of what a parameter is by default."""
        op = place.step.node.op if place.step is not None and place.step.node is not None else None
        if op is None or not isinstance(usual.of, type) or op.family != usual.of.family or open_.named:
            return
        own = Callee(type(op), own_arguments(op))
        bound = solution.bind(open_.variable, own)
        if bound is None:
            return
        for name, binding in usual.given.items() if type(op) is usual.of else ():
            if name in type(op).model_fields and solution.is_required(binding):
                bound = equal(bound, binding, Wanted(argument(op, name))) or bound
        yield from self._applied(own, step, place, frame, bound, depth)

    def _of_library(
        self,
        open_: Open,
        step: ast.Apply,
        place: Place,
        frame: Frame,
        solution: Solution,
        depth: int,
        *,
        keeps_shape: bool,
    ) -> Iterator[Found]:
        """Blocks of the library that take the arguments with which a parameter is called."""
        now = place.step.node if place.step is not None else None
        for block in self._shelf.blocks if now is not None else ():
            params = [param.name.id for param in block.decl.params]
            if len(open_.bare) > len(params) or not {*open_.named} <= {*params} or (keeps_shape and not _keeps(block)):
                continue
            if now is None or not may_begin(block, now.op.name):
                continue
            taken = {*params[: len(open_.bare)], *open_.named}
            own = Callee(block, {p.name.id: _variable(p) for p in block.decl.params if p.name.id not in taken})
            given, bound = completed(own, open_), solution.bind(open_.variable, own)
            if given is not None and bound is not None:
                yield from self._applied(given, step, place, frame, bound, depth + 1)

    # --- ops ---------------------------------------------------------------------------------------------------------

    def _op(
        self, callee: Callee, step: ast.Apply, place: Place, frame: Frame, solution: Solution, depth: int
    ) -> Iterator[Found]:
        now = place.step
        node = now.node if now is not None else None
        if now is None or node is None or type(node.op) is not callee.of or node.layer != node.name:
            return
        tensors = {name: binding for name, binding in callee.given.items() if name in node.op.tensors}
        if now.refers or now.nested or now.with_ or {*tensors} != {*now.given} or not is_default(node.op, callee.given):
            return
        found: Solution | None = solution
        for name, binding in tensors.items():
            found = self._apart(binding, now.given[name], place, found, depth) if found is not None else None
        if found is None:
            return
        shapes = tuple(self._graph.shape(value) for value in node.inputs)
        for name, binding in sorted(callee.given.items(), key=lambda given: not is_literal(given[1])):
            if name not in STARTS and name not in tensors:
                met = equal(found, binding, Wanted(argument(node.op, name), node.op, name, shapes))
                if met is None:
                    return
                found = met
        branches = [branch.flow for branch in step.branches or ()]
        if not all(isinstance(flow, ast.Flow) for flow in branches) or len(branches) != len(now.branches):
            return
        orders = [now.branches]
        if len(branches) == 2 and commutes(node.op):
            orders.append(now.branches[::-1])
        for order in orders:
            for made in self._branches(branches, order, place.value, frame, found, depth):  # type: ignore[arg-type]
                yield place.on(), replace(made, nodes=(*made.nodes, node.name))

    def _apart(
        self, binding: Any, steps: str | list[Step], place: Place, solution: Solution, depth: int
    ) -> Solution | None:
        """With the flow that a tensor argument was defined as, where it is used."""
        while isinstance(binding, Delayed) and isinstance(binding.expression, ast.Name):
            binding = binding.frame.names.get(binding.expression.id)
        if not isinstance(binding, Apart) or isinstance(steps, str):
            return None
        ways = self._body(binding.body, Place(steps, 0, place.value), binding.frame, solution, depth)
        return next((found for end, found in ways if end.step is None), None)

    def _branches(
        self,
        flows: Sequence[ast.Flow],
        branches: Sequence[list[Step]],
        came: str,
        frame: Frame,
        solution: Solution,
        depth: int,
    ) -> Iterator[Solution]:
        if not flows:
            yield solution
            return
        for end, found in self._flow(flows[0].steps, Place(branches[0], 0, came), frame, solution, depth):
            if end.step is None:
                yield from self._branches(flows[1:], branches[1:], came, frame, found, depth)

    def _residual(self, step: ast.Apply, place: Place, frame: Frame, solution: Solution, depth: int) -> Iterator[Found]:
        """A residual: a sum with what came in; where its condition is false, its body alone."""
        flow = body_of(step)
        named = {each.name.id: each.value for each in step.arguments or () if each.name is not None}
        if flow is None:
            return
        body = _residual_body(place.step)
        for is_met, found in decided(named["when"], frame, solution) if "when" in named else ((True, solution),):
            if not is_met:
                yield from self._flow(flow.steps, place, frame, found, depth)
            elif body is not None:
                yield from self._summed(flow, named.get("drop"), body, place, frame, found, depth)

    def _summed(
        self,
        flow: ast.Flow,
        drop: ast.Expr | None,
        body: Sequence[Step],
        place: Place,
        frame: Frame,
        solution: Solution,
        depth: int,
    ) -> Iterator[Found]:
        assert place.step is not None
        assert place.step.node is not None
        last = body[-1].node
        dropped = last if drop is not None and last is not None and last.op.name == "drop_path" else None
        found: Solution | None = solution
        if drop is not None:
            found = solution.equal(drop, frame, Wanted(argument(dropped.op, "rate") if dropped is not None else 0.0))
        own = body[:-1] if dropped is not None else body
        made_after = [dropped.name] if dropped is not None else []
        if found is None:
            return
        for end, made in self._flow(flow.steps, Place(own, 0, place.value), frame, found, depth):
            if end.step is None:
                yield place.on(), replace(made, nodes=(*made.nodes, *made_after, place.step.node.name))


def _listed(iterable: ast.Expr) -> tuple[bool, ast.Expr]:
    """What a loop goes over, and whether its rounds are counted beside that."""
    match iterable:
        case ast.Call(callee=ast.Name(id="enumerate"), arguments=(listed,)):
            return True, listed.value
    return False, iterable


def _variable(param: ast.Param) -> Variable:
    return Variable(param.type)


def _keeps(block: BlockRef) -> bool:
    """Whether a block keeps the shape of its input, by its signature."""
    signature = block.decl.signature
    return signature is not None and signature.inputs[0].shape.span.text == signature.outputs[0].shape.span.text


def _is_plain(step: Step) -> bool:
    """Whether a step takes what flows and nothing by name."""
    return not (step.refers or step.nested or step.with_ or step.given)


def _residual_body(step: Step | None) -> Sequence[Step] | None:
    """The steps of a sum with what came in."""
    if step is None or step.node is None or step.node.op.name != "add" or len(step.branches) != 2:
        return None
    if not _is_plain(step) or getattr(step.node.op, "broadcast", False):
        return None
    full = [branch for branch in step.branches if branch]
    return full[0] if len(full) == 1 else None
