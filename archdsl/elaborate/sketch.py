"""Abstract elaboration: a body is elaborated once for all arguments, over values that are not known.

Parameters are letters, or values of which the type is known; what depends on them is unknown in turn and keeps quiet.
Conditions on them are taken both ways, loops over them go one round that stands for all, and blocks count for what
their signatures say. So what is reported holds for every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Final, TypeAlias

from archdsl.elaborate import certain
from archdsl.elaborate.advice import Place
from archdsl.elaborate.apply import OpCall, count, is_wrong_count, misfitting, one, with_arguments
from archdsl.elaborate.conditions import bind_block
from archdsl.elaborate.expect import bind_targets, decide, else_if, loop_targets, some_of
from archdsl.elaborate.expressions import evaluate_or_poison
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.fans import Made
from archdsl.elaborate.flow import Call, Flows
from archdsl.elaborate.instantiate import argument_key, define, enter
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.op_arguments import made_or_refused
from archdsl.elaborate.parts import Part
from archdsl.elaborate.ports import entered
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import REST, Declared, Pattern, assumed, bind_inputs, declared_ports
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.types import join, type_of
from archdsl.elaborate.values import (
    ANY_NUMBER,
    POISON,
    BlockRef,
    Bundle,
    Result,
    Tensor,
    Unknown,
    Value,
    name_of,
)
from archdsl.graph.dims import Shape, Sym
from archdsl.graph.symbols import Var
from archdsl.names import Names
from archdsl.ops.base import Misfit
from archdsl.ops.types import INT, Type
from archdsl.source import Span
from archdsl.syntax import ast

Outputs: TypeAlias = dict[str, Shape | None]
"""Shapes as far as they are known, by the names of ports."""
_TENSOR: Final = Type.named("tensor")
_ROUNDS: Final = 3
"""Rounds of a loop after which it is given up to find the shapes that all of them have."""
_LONG: Final = 32
"""Elements of a list that are looked at one by one."""


class _Either(Exception):
    """One of several ops, each with its arguments: which one is not known."""

    def __init__(self, choices: Sequence[tuple[Value, Sequence[ast.Argument]]]) -> None:
        super().__init__()
        self.choices = choices


class Sketch(Flows):
    """Elaborates a body for all values of its parameters. No graph is made."""

    def __init__(self, session: Session, assembly: Assembly, names: Names, known: dict[object, Outputs]) -> None:
        super().__init__(session, assembly, names)
        self.known = known
        """The outputs of calls, by what makes these equal."""
        self._choices: dict[int, tuple[Value, Sequence[ast.Argument]]] = {}
        """What a step is taken to apply, by its identity, with its arguments."""

    def add_op(self, call: OpCall) -> Tensor:
        ref, span = call.ref, call.span
        inputs, places = with_arguments(ref, call.inputs, call.places)
        made, is_open = made_or_refused(ref, span, self.session.ops)
        shapes = tuple(t.shape for t in inputs if t.shape is not None)
        is_counted = not any(place.is_open for place in places)
        if is_counted and (
            len(shapes) == len(inputs) or places[0].flow is None
        ):  # or else a branch may be one that was not read
            count(ref.op, len(inputs), span, places)
        if len(shapes) < len(inputs):
            return self.assembly.hole(None)
        found: list[Shape | None] = []
        for chosen in _possible(places):
            some = [shapes[i] for i in chosen]
            if len(some) == 1 and ref.op.arity == (2, None):
                found += some
            elif not is_wrong_count(ref.op, len(some)):
                try:
                    found.append(certain.shape(made, some, is_open))
                except Misfit as misfit:
                    if len(chosen) <= len(shapes):
                        taken, of = [inputs[i] for i in chosen], [places[i] for i in chosen]
                        raise Failure(misfitting(misfit, ref, self.assembly, taken, some, of, span)) from None
        return self.assembly.hole(reduce(certain.either, found) if found else None)

    def add_block(self, call: Call, current: Result) -> Result:
        taken = enter(call.ref, current, call.span)
        key = (argument_key(call.ref), tuple((name, tensor.shape) for name, tensor in taken.items()))
        outputs = self.known.get(key)
        if outputs is None:
            outputs = self.known[key] = self._outputs(call.ref, call.span, taken)
        return self._holes(outputs)

    def _holes(self, shapes: Outputs) -> Result:
        made = {name: self.assembly.hole(shape) for name, shape in shapes.items()}
        return made[""] if "" in made else Bundle(made)

    def _outputs(self, ref: BlockRef, span: Span, taken: Mapping[str, Tensor]) -> Outputs:
        """The known part of a call's outputs, by the names of its ports."""
        name, decl, scope = name_of(ref), ref.decl, Scope(self.session, ref.module)
        try:
            bind_block(name, decl, ref.arguments, scope, span)
        except Failure as failure:  # without a diagnostic where an argument is not known
            if failure.diagnostics:
                raise
        assembly, signature = Assembly(), decl.signature
        inner = {port: assembly.hole(tensor.shape) for port, tensor in taken.items()}
        if signature is not None and all(tensor.shape is not None for tensor in inner.values()):
            bind_inputs(name, entered(signature.inputs, inner), list(inner.values()), scope, span)
        elif signature is not None:
            for given in signature.inputs:
                letters(given, scope, is_call=True)
        with self.session.calls.calling(ref, span):
            wanted = declared_ports(signature.outputs, scope) if signature is not None else []
            is_counted = all(port.index is not None or not port.is_open for port, _ in wanted)
            stated = {port.key: assumed(pattern) for port, pattern in wanted} if is_counted else {}
            if stated and None not in stated.values():  # nobody needs to look at the body again
                return stated
            sketch = Sketch(self.session, assembly, ref.module.names.names(decl), self.known)
            output = define(sketch, name, decl, scope, inner, wanted)
        tensors = {"": output} if isinstance(output, Tensor) else output.tensors
        shapes = {key: tensor.shape for key, tensor in tensors.items()}
        if is_counted:
            shapes |= {port.key: _refined(pattern, shapes[port.key]) for port, pattern in wanted}
        return shapes

    def _apply(self, step: ast.Apply, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        """The output of one of several possible ops, as far as all agree. Misfits of single ones are not reported."""
        try:
            return super()._apply(step, scope, current, tap, first)
        except _Either as either:
            for branch in step.branches or ():
                self._branch(branch, scope, current, self.part)
            results = [self._with(choice, step, scope, current, tap, first) for choice in either.choices]
            return reduce(self._either, results)

    def _with(
        self,
        choice: tuple[Value, Sequence[ast.Argument]],
        step: ast.Apply,
        scope: Scope,
        current: Result,
        tap: ast.Tap | None,
        first: bool,
    ) -> Result:
        self._choices[id(step)] = choice
        try:
            with self.session.reporter.aside():
                return super()._apply(step, scope, current, tap, first)
        except Failure:
            return self.assembly.hole(None)
        finally:
            del self._choices[id(step)]

    def _chosen(self, step: ast.Apply, value: Value, scope: Scope) -> tuple[Value, Sequence[ast.Argument]]:
        if id(step) in self._choices:
            return self._choices[id(step)]
        value, arguments = super()._chosen(step, value, scope)
        if isinstance(value, Unknown) and value.choices:
            raise _Either([(choice, arguments) for choice in value.choices])
        return value, arguments

    # --- conditions and loops ---

    def _choose(self, step: ast.Choose, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        if self._decided(step, scope) is not None:
            return super()._choose(step, scope, current, tap, first)
        return self._sides([step.then, step.otherwise], scope, current)

    def _decided(self, step: ast.Choose, scope: Scope) -> bool | None:
        """The value of a condition, ``None`` if it is not known."""
        condition = evaluate_or_poison(step.condition, scope)
        return None if condition is POISON else decide(condition, step.condition.span)

    def _sides(self, sides: Sequence[ast.Body | None], scope: Scope, current: Result) -> Result:
        """The join of the outputs of both sides; a missing side is the identity."""
        before, after = scope.taps.tapped, dict[str, Value]()
        results: list[Result] = []
        for body in sides:
            scope.taps.tapped = dict(before)
            results.append(current if body is None else self.body(body, scope.inner(), current))
            after = {name: join(after[name], v) if name in after else v for name, v in scope.taps.tapped.items()} | {
                name: v for name, v in after.items() if name not in scope.taps.tapped
            }
        scope.taps.tapped = after
        return reduce(self._either, results)

    def _several(
        self, branch: ast.Branch, step: ast.Choose | ast.Each | ast.Repeat, scope: Scope, current: Result, unnamed: Part
    ) -> Made:
        """For a condition or loop with an unknown number of branches, one that stands for all."""
        if isinstance(step, ast.Choose):
            sides = self._possible(step, scope)
            if len(sides) == 1:
                return super()._several(branch, step, scope, current, unnamed)
            result = self._sides([side for side in sides if side is not None], scope, current)
            return Made([one(result, branch.span, "a branch")], is_open=None in sides)
        some = self._some(step, scope)
        if not some:
            return super()._several(branch, step, scope, current, unnamed)
        result = self._round(step, scope, current, some[0])
        scope.taps.tapped.update((name, Unknown(Type.list_of(_TENSOR))) for name in self.names.taps(step.body))
        return Made([one(result, branch.span, "a branch")], is_open=True)

    def _possible(self, step: ast.Choose, scope: Scope) -> list[ast.Body | None]:
        """The sides of a condition that may be taken, with ``None`` for a missing one."""
        sides: list[ast.Body | None] = []
        while True:
            decided = self._decided(step, scope)
            if decided is not False:
                sides.append(step.then)
            if decided is True:
                return sides
            following = None if step.otherwise is None else else_if(step.otherwise)
            if following is None:
                return [*sides, step.otherwise]
            step = following

    def _loop(
        self, step: ast.Each | ast.Repeat, scope: Scope, current: Result, tap: ast.Tap | None, first: bool
    ) -> Result:
        some = self._some(step, scope)
        if not some:
            return super()._loop(step, scope, current, tap, first)
        return self._some_rounds(step, scope, current, some[0])

    def _some(self, step: ast.Each | ast.Repeat, scope: Scope) -> tuple[Value, ...]:
        """One unknown element for those of a loop that are unknown or too many; else none."""
        if isinstance(step, ast.Repeat):
            count = evaluate_or_poison(step.count, scope)
            is_wrong = count is not POISON and not type_of(count).overlaps(INT)
            return () if is_wrong or (isinstance(count, int) and count <= _LONG) else (Var.some(),)
        elements = evaluate_or_poison(step.iterable, scope)
        if isinstance(elements, tuple) and len(elements) <= _LONG:
            return ()
        if elements is POISON or isinstance(elements, tuple):
            return (POISON,)
        return some_of(elements) or ()

    def _some_rounds(self, step: ast.Each | ast.Repeat, scope: Scope, current: Result, element: Value) -> Result:
        """Any number of iterations: the fixed point of one. Its taps are lists after it."""
        for _ in range(_ROUNDS):
            with self.session.reporter.aside() as found:
                result = self._round(step, scope, current, element)
            joined = self._either(current, result)
            if _alike(joined, current):
                break
            current = joined
        else:
            current = self.assembly.hole(None)
            with self.session.reporter.aside() as found:
                self._round(step, scope, current, element)
        self.session.reporter.report(*found.found)
        scope.taps.tapped.update((name, Unknown(Type.list_of(_TENSOR))) for name in self.names.taps(step.body))
        return current

    def _round(self, step: ast.Each | ast.Repeat, scope: Scope, current: Result, element: Value) -> Result:
        inner = scope.inner(holds_taps=True)
        if targets := loop_targets(step):
            bind_targets(targets, element, inner)
        return self.body(step.body, inner, current)

    def _either(self, one: Result, other: Result) -> Result:
        if isinstance(one, Tensor) and isinstance(other, Tensor):
            return one if one is other else self.assembly.hole(certain.either(one.shape, other.shape))
        if isinstance(one, Bundle) and isinstance(other, Bundle) and set(one.tensors) == set(other.tensors):
            shapes = {name: certain.either(t.shape, other.tensors[name].shape) for name, t in one.tensors.items()}
            return Bundle({name: self.assembly.hole(shape) for name, shape in shapes.items()})
        return self.assembly.hole(None)


def _possible(places: Sequence[Place]) -> Iterator[list[int]]:
    """The possible numbers of inputs of a join whose number of branches is not known.

    Those that are always there; these with one of the others; and last all, with the others twice: some of the others
    may never be there together.
    """
    sure = [i for i, place in enumerate(places) if not place.is_open]
    others = [i for i, place in enumerate(places) if place.is_open]
    if sure or not others:
        yield sure
    yield from (sorted([*sure, other]) for other in others)
    if others:
        yield [*sure, *others, *others]


def _alike(one: Result, other: Result) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape
    return (
        isinstance(one, Bundle)
        and isinstance(other, Bundle)
        and all(t.shape == other.tensors[name].shape for name, t in one.tensors.items())
    )


def letters(port: ast.Port, scope: Scope, *, is_call: bool = False) -> tuple[str, Shape | None]:
    """The shape of an input with letters for its sizes; ``None`` if `...` leaves the rank open.

    In a call the sizes have no names: those of another block mean something else where it stands. Of a list nobody
    knows how many tensors there are, and its sizes are lists.
    """
    for dim in port.shape.dims:
        if isinstance(dim, ast.Name) and dim.id != "_" and scope.local(dim.id) is MISSING:
            constant = scope.module.constant(dim.id)
            letter: Value = Var.some(1) if is_call else Var.dimension(dim.id)
            letter = Unknown(Type.list_of(INT)) if port.is_open else letter
            scope.names[dim.id] = letter if constant is MISSING else constant
    if port.is_open:
        return f"{port.key}{ANY_NUMBER}", None
    ((_, pattern),) = stated([port], scope)
    return port.key, _refined(pattern, None)


def stated(ports: Sequence[ast.Port], scope: Scope) -> Declared:
    """The stated shapes of a signature's ports; ports with mistakes, which are reported, match anything."""
    found: list[tuple[ast.Port, Pattern]] = []
    for port in ports:
        try:
            found += declared_ports([port], scope)
        except Failure as failure:
            scope.session.reporter.report(*failure.diagnostics)
            found.append((port, (REST,)))
    return found


def _refined(pattern: Pattern, shape: Shape | None) -> Shape | None:
    """A shape refined by the stated sizes; ``None`` if the rank is not known."""
    if REST in pattern:
        return shape
    found = shape or tuple(Var.some(1) for _ in pattern)
    return tuple(dim if isinstance(dim, int | Sym) else known for dim, known in zip(pattern, found, strict=True))
