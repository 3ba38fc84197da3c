"""Flows over values that are not known: a body is elaborated once for all arguments that it may be given.

Parameters are letters, or values of which the type is known; what depends on them is unknown in turn and keeps quiet.
Conditions on them are taken both ways, loops over them go one round that stands for all, and blocks count for what
their signatures say. So what is reported holds for every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations, product
from typing import Final, TypeAlias

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.elaborate.apply import OpCall, count, misfitting, with_arguments
from archdsl.elaborate.evaluate import bind_parameters, evaluate_or_poison
from archdsl.elaborate.expect import bind_targets, decide, some_of
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.flow import Call, Flows
from archdsl.elaborate.instantiate import argument_key, define, enter
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.op_arguments import made_or_refused
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import REST, Pattern, assumed, bind_inputs, declared
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.types import join, type_of
from archdsl.elaborate.values import (
    POISON,
    BlockRef,
    Bundle,
    Result,
    Tensor,
    Unknown,
    Value,
    name_of,
)
from archdsl.graph.dims import Dim, Shape, Sym
from archdsl.graph.symbols import Var, never_equal
from archdsl.names import Names
from archdsl.ops.base import Misfit, Op
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
_CHOICES: Final = 3
"""Arguments of an op of which only the type is known, at most, for all their values to be tried."""
_OF_RANKS: Final = (codes.WrongRank, codes.WrongCount, codes.NotAPermutation)
"""What is said of the number of dimensions, whatever their sizes."""


class _Either(Exception):
    """A step applies one op or another, each with its arguments."""

    def __init__(self, choices: Sequence[tuple[Value, Sequence[ast.Argument]]]) -> None:
        super().__init__()
        self.choices = choices


class Sketch(Flows):
    """Elaborates a body for all values of its parameters. No graph is made of it."""

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
        if len(shapes) == len(inputs) or places[0].flow is None:  # or else a branch may be one that was not read
            count(ref.op, len(inputs), span, places)
        if len(shapes) < len(inputs):
            return self.assembly.hole(None)
        try:
            return self.assembly.hole(_shape(made, shapes, is_open))
        except Misfit as misfit:
            raise Failure(misfitting(misfit, ref, self.assembly, inputs[0], shapes, places, span)) from None

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
        """What is known of the outputs of a call, by the names of its ports."""
        name, decl, scope = name_of(ref), ref.decl, Scope(self.session, ref.module)
        try:
            bind_parameters(name, decl.params, ref.arguments, scope, span)
        except Failure as failure:  # without a diagnostic where an argument is not known
            if failure.diagnostics:
                raise
        assembly, signature = Assembly(), decl.signature
        inner = {port: assembly.hole(tensor.shape) for port, tensor in taken.items()}
        if signature is not None and all(tensor.shape is not None for tensor in inner.values()):
            bind_inputs(name, signature.inputs, list(inner.values()), scope, span)
        elif signature is not None:
            for given in signature.inputs:
                letters(given.shape, scope, is_call=True)
        with self.session.calls.calling(ref, span):
            patterns = [declared(p.shape, scope) for p in signature.outputs] if signature is not None else []
            ports = [p.name.id if p.name else "" for p in signature.outputs] if signature is not None else []
            stated = {port: assumed(pattern) for port, pattern in zip(ports, patterns, strict=True)}
            if stated and None not in stated.values():  # nobody needs to look at the body again
                return stated
            sketch = Sketch(self.session, assembly, ref.module.names.names(decl), self.known)
            output = define(sketch, name, decl, scope, inner, patterns)
        tensors = {"": output} if isinstance(output, Tensor) else output.tensors
        for port, pattern in zip(ports, patterns, strict=True):
            stated[port] = _refined(pattern, tensors[port].shape)
        return stated or {port: tensor.shape for port, tensor in tensors.items()}

    def _apply(self, step: ast.Apply, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        """Of an op that may be one or another, what flows out whichever it is. Whether it takes this is not told."""
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
        condition = evaluate_or_poison(step.condition, scope)
        if condition is not POISON and decide(condition, step.condition.span) is not None:
            return super()._choose(step, scope, current, tap, first)
        before, after = scope.taps.tapped, dict[str, Value]()
        results: list[Result] = []
        for body in (step.then, step.otherwise):
            scope.taps.tapped = dict(before)
            results.append(current if body is None else self.body(body, scope.inner(), current))
            after = {name: join(after[name], v) if name in after else v for name, v in scope.taps.tapped.items()} | {
                name: v for name, v in after.items() if name not in scope.taps.tapped
            }
        scope.taps.tapped = after
        return self._either(*results)

    def _each(self, step: ast.Each, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        elements = evaluate_or_poison(step.iterable, scope)
        if isinstance(elements, tuple) and len(elements) <= _LONG:
            return super()._each(step, scope, current, tap, first)
        some = some_of(elements)
        if elements is not POISON and some is None and not isinstance(elements, tuple):
            return super()._each(step, scope, current, tap, first)
        return self._some_rounds(step.body, scope, current, step.targets, some[0] if some else POISON)

    def _repeat(self, step: ast.Repeat, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        count = evaluate_or_poison(step.count, scope)
        is_wrong = count is not POISON and not type_of(count).overlaps(INT)
        if is_wrong or (isinstance(count, int) and count <= _LONG):
            return super()._repeat(step, scope, current, tap, first)
        targets = (step.index,) if step.index else ()
        return self._some_rounds(step.body, scope, current, targets, Var.some())

    def _some_rounds(
        self, body: ast.Body, scope: Scope, current: Result, targets: tuple[ast.Name, ...], element: Value
    ) -> Result:
        """Any number of rounds: one, on what all of them take. Its taps are lists after it."""
        for _ in range(_ROUNDS):
            with self.session.reporter.aside() as found:
                result = self._round(body, scope, current, targets, element)
            joined = self._either(current, result)
            if _alike(joined, current):
                break
            current = joined
        else:
            current = self.assembly.hole(None)
            with self.session.reporter.aside() as found:
                self._round(body, scope, current, targets, element)
        self.session.reporter.report(*found.found)
        scope.taps.tapped.update((name, Unknown(Type.list_of(_TENSOR))) for name in self.names.taps(body))
        return current

    def _round(
        self, body: ast.Body, scope: Scope, current: Result, targets: tuple[ast.Name, ...], element: Value
    ) -> Result:
        inner = scope.inner(holds_taps=True)
        if element is POISON:
            inner.names.update((target.id, POISON) for target in targets)
        elif targets:
            bind_targets(targets, element, inner)
        return self.body(body, inner, current)

    def _either(self, one: Result, other: Result) -> Result:
        if isinstance(one, Tensor) and isinstance(other, Tensor):
            return one if one is other else self.assembly.hole(_either_shape(one.shape, other.shape))
        if isinstance(one, Bundle) and isinstance(other, Bundle) and set(one.tensors) == set(other.tensors):
            shapes = {name: _either_shape(t.shape, other.tensors[name].shape) for name, t in one.tensors.items()}
            return Bundle({name: self.assembly.hole(shape) for name, shape in shapes.items()})
        return self.assembly.hole(None)


def _either_shape(one: Shape | None, other: Shape | None) -> Shape | None:
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(a if a == b else Var.some(1) for a, b in zip(one, other, strict=True))


def _alike(one: Result, other: Result) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape
    return (
        isinstance(one, Bundle)
        and isinstance(other, Bundle)
        and all(t.shape == other.tensors[name].shape for name, t in one.tensors.items())
    )


def letters(pattern: ast.ShapeOf, scope: Scope, *, is_call: bool = False) -> Shape | None:
    """The shape of an input, with letters for its sizes; ``None`` if `...` leaves their number open.

    In a call the sizes have no names: those of another block mean something else where it stands.
    """
    for dim in pattern.dims:
        if isinstance(dim, ast.Name) and dim.id != "_" and scope.local(dim.id) is MISSING:
            constant = scope.module.constant(dim.id)
            letter = Var.some(1) if is_call else Var.dimension(dim.id)
            scope.names[dim.id] = letter if constant is MISSING else constant
    return _refined(stated(pattern, scope), None)


def stated(pattern: ast.ShapeOf, scope: Scope) -> Pattern:
    try:
        return declared(pattern, scope)
    except Failure as failure:
        scope.session.reporter.report(*failure.diagnostics)
        return (REST,)


def _refined(pattern: Pattern, shape: Shape | None) -> Shape | None:
    """A shape with the sizes that are stated of it; ``None`` where nothing says how many dimensions there are."""
    if REST in pattern:
        return shape
    found = shape or tuple(Var.some(1) for _ in pattern)
    return tuple(dim if isinstance(dim, int | Sym) else known for dim, known in zip(pattern, found, strict=True))


# --- what is certain --------------------------------------------------------------------------------------------------


def _shape(made: Op, shapes: Sequence[Shape], is_open: bool) -> Shape | None:
    """What is known of an op's output, ``None`` if nothing is. Raises ``Misfit`` where no values fit."""
    found: list[Shape | None] = []
    problems: list[Misfit] = []
    for choice in _choices(made, len(shapes[0]) - 1) if is_open else [made]:
        try:
            found.append(choice.shape(*shapes))
        except Misfit as misfit:
            if _is_certain(misfit, choice, shapes, is_open):
                problems.append(misfit)
            else:
                agreed = _agreed(choice, shapes) if misfit.code is codes.ShapeMismatch else None
                found.append(agreed if isinstance(agreed, tuple) else None)
        except (TypeError, ArithmeticError):  # the shape depends on what is not known
            found.append(None)
    if not found:
        raise problems[0]
    return reduce(_either_shape, found)


def _choices(made: Op, axes: int) -> Iterator[Op]:
    """The op with every kind of value that an argument of which only the type is known may have."""
    open_ = {name: value for name, value in made if isinstance(value, Unknown)}
    if len(open_) > _CHOICES:
        return iter([made])
    values = [[*_values(value.type, axes)] for value in open_.values()]
    return (made.model_copy(update=dict(zip(open_, chosen, strict=True))) for chosen in product(*values))


def _values(of: Type, axes: int) -> Iterator[Value]:
    for kind in of.alternatives:
        if kind.name == "bool":
            yield from (True, False)
        elif kind.name == "int":
            yield Var.some()
        elif kind.name == "list":
            yield (Var.some(),) * axes
        else:
            yield from kind.choices or (Unknown(Type((kind,))),)


def _is_certain(misfit: Misfit, made: Op, shapes: Sequence[Shape], is_open: bool) -> bool:
    """Whether an op does not take its inputs whatever is not known of them and of its arguments."""
    if not is_open and not any(isinstance(dim, Sym) for shape in shapes for dim in shape):
        return True
    if misfit.code is codes.ShapeMismatch:
        return _agreed(made, shapes) is codes.ShapeMismatch and not _may_stretch(made, shapes)
    if misfit.code in _OF_RANKS or misfit.values.get("what") == "axis":
        alike = [(1,) * len(shape) for shape in shapes]
        return not is_open and _outcome(made, alike) is misfit.code
    return False


def _outcome(made: Op, shapes: Sequence[Shape]) -> object:
    """The output's shape, or the code of what is wrong."""
    try:
        return made.shape(*shapes)
    except Misfit as misfit:
        return misfit.code


def _may_stretch(made: Op, shapes: Sequence[Shape]) -> bool:
    """Whether dimensions that are not known may be 1, and stretch."""
    return getattr(made, "broadcast", False) and any(
        isinstance(dim, Sym) and not never_equal(dim, 1) for shape in shapes for dim in shape
    )


def _agreed(made: Op, shapes: Sequence[Shape]) -> object:
    """What a join makes if as few dimensions as possible that may be equal are so, or what is wrong even then."""
    if len({len(shape) for shape in shapes}) > 1:
        return codes.ShapeMismatch
    axes = [axis for axis, dims in enumerate(zip(*shapes, strict=True)) if len(set(dims)) > 1 and _may_agree(dims)]
    result: object = codes.ShapeMismatch
    for chosen in (some for number in range(1, len(axes) + 1) for some in combinations(axes, number)):
        alike = [tuple(shapes[0][i] if i in chosen else dim for i, dim in enumerate(shape)) for shape in shapes]
        result = _outcome(made, alike)
        if result is not codes.ShapeMismatch:
            break
    return result


def _may_agree(dims: Sequence[Dim]) -> bool:
    return not any(never_equal(one, other) for one, other in combinations(dims, 2))
