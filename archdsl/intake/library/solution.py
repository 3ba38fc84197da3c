"""Constraints on the parameters of a library block during unification of its text with a part of a model.

A parameter is a variable, of which a value becomes known when an expression that has it alone is found to equal a
value of the model: ``int(ratio * c)`` of 64 channels is 256, so ``ratio`` is 4. Of expressions with several unknown
parameters it is remembered what they are to equal, until more is known. What is not said by the model has its default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import nextafter
from typing import Any, Final, TypeAlias

from archdsl.difference.canon import has_forms, is_same
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.module import Module
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.types import fit
from archdsl.elaborate.values import POISON, BlockRef
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op
from archdsl.ops.show import as_value
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

UNKNOWN: Final[Any] = object()
"""The value of an expression with an unknown parameter."""
FAILED: Final[Any] = object()
"""The value of an expression that is undefined for these parameters."""
_DIGITS: Final = 4
"""Up to how many places after the point a factor is looked for that gives a number when it is rounded down."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The names of one call of a block, or of one round of a loop in it."""

    module: Module
    names: Mapping[str, Any]
    """Values, and ``Variable``, ``Delayed`` and ``Callee`` in the place of those that are not known yet."""

    def inner(self, **names: Any) -> Frame:
        return Frame(self.module, {**self.names, **names})


@dataclass(frozen=True, slots=True, eq=False)
class Delayed:
    """An expression whose evaluation is delayed until its names are known."""

    expression: ast.Expr
    frame: Frame


@dataclass(slots=True, eq=False)
class Variable:
    """A parameter, or an element of a list, with an unknown value."""

    type: ast.Type | None
    default: Delayed | None = None

    def fitted(self, value: Any) -> Any:
        return value if self.type is None else fit(value, self.type)


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """An op or a block with arguments; ``None`` is ``id``."""

    of: type[Op] | BlockRef | None
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that an expression is to have: of an argument of an op in a model, or any other."""

    value: Any
    op: Op | None = None
    argument: str = ""
    inputs: tuple[Shape, ...] = ()
    """The shapes that the op takes."""

    def is_met(self, value: Any) -> bool:
        if isinstance(value, bool) == isinstance(self.value, bool) and value == self.value:
            return True
        return self.op is not None and _computes(self.op, self.argument, value, self.inputs)


def _computes(op: Op, argument: str, value: Any, inputs: tuple[Shape, ...]) -> bool:
    """Whether an op computes the same with another value of an argument."""
    if not has_forms(op, argument) or not isinstance(value, int | str | tuple):
        return False
    try:
        other = type(op).model_validate({**dict(op), argument: value})
    except ValueError:
        return False
    return is_same(op, other, inputs)


Equation: TypeAlias = tuple[Delayed, Wanted]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The values of variables, and the open constraints. It is immutable, so that the search can backtrack."""

    session: Session
    bound: Mapping[Variable, Any] = field(default_factory=dict)
    open: tuple[Equation, ...] = ()
    nodes: tuple[str, ...] = ()
    """The nodes of the model that were found, in the order of the block's text."""

    # --- values ------------------------------------------------------------------------------------------------------

    def of(self, binding: Any) -> Any:
        """The value of what a name is bound to, or ``UNKNOWN``."""
        if isinstance(binding, Variable):
            binding = self.bound.get(binding, UNKNOWN)
        if isinstance(binding, Delayed):
            return self.value(binding.expression, binding.frame)
        return UNKNOWN if isinstance(binding, Callee | Variable) else binding

    def value(self, expression: ast.Expr, frame: Frame) -> Any:
        match expression:
            case ast.Literal():
                return expression.value
            case ast.Name(id=name) if name in frame.names:
                return self.of(frame.names[name])
        scope = Scope(self.session, frame.module)
        for name in _names(expression):
            if name in frame.names:
                value = self.of(frame.names[name])
                if value is UNKNOWN or value is FAILED:
                    return value
                scope.names[name] = value
        try:
            with self.session.reporter.aside():
                return evaluate(expression, scope)
        except Failure:
            return FAILED

    def plain(self, binding: Any) -> Any:
        """The value of a binding, or the op or block that it is bound to; ``UNKNOWN`` if it is neither."""
        if isinstance(binding, Variable):
            binding = self.bound.get(binding, UNKNOWN)
        return binding if isinstance(binding, Callee) else self.of(binding)

    def may_be(self, binding: Any, wanted: ast.Type) -> bool:
        """Whether what a name is bound to may be of a type."""
        value = self.plain(binding)
        if isinstance(value, Callee):
            return any(each.name == "op" for each in wanted.alternatives)
        if value is not UNKNOWN:
            return value is not FAILED and fit(value, wanted) is not POISON
        variable = self._renamed(binding)
        if variable is None or variable.type is None:
            return True
        kinds = {each.name for each in variable.type.alternatives}
        return bool(
            kinds & {"float" if each.name == "int" else each.name for each in wanted.alternatives}
            or kinds & {each.name for each in wanted.alternatives}
        )

    def _renamed(self, binding: Any) -> Variable | None:
        """The variable that a name stands for under another one."""
        while isinstance(binding, Delayed) and isinstance(binding.expression, ast.Name):
            binding = binding.frame.names.get(binding.expression.id)
            if isinstance(binding, Variable):
                binding = self.bound.get(binding, binding)
        return binding if isinstance(binding, Variable) else None

    def is_required(self, binding: Any) -> bool:
        """Whether a name stands for a parameter without a default, of which nothing is known."""
        variable = self._renamed(binding)
        return variable is not None and variable not in self.bound and variable.default is None

    def is_default(self, variable: Variable) -> bool:
        """Whether nothing is known of a variable, or what it is by default."""
        default, bound = variable.default, self.bound.get(variable, variable.default)
        if default is None or bound is default:
            return default is not None
        return Wanted(self.plain(variable)).is_met(self.of(default))

    # --- equations ---------------------------------------------------------------------------------------------------

    def equal(self, expression: ast.Expr, frame: Frame, wanted: Wanted) -> Solution | None:
        """The solution with the constraint that an expression has a value; ``None`` if it contradicts."""
        found = self.value(expression, frame)
        if found is not UNKNOWN:
            return self if found is not FAILED and wanted.is_met(found) else None
        if isinstance(wanted.value, bool) and not isinstance(expression, ast.Name):
            return self._decided(expression, frame, wanted)
        if isinstance(expression, ast.ListOf) and isinstance(wanted.value, tuple):
            return self._listed(expression, frame, wanted.value)
        guesses = [*self._guesses(expression, frame, wanted.value)]
        if not guesses:
            return self._left(expression, frame, wanted)
        for variable, value in guesses:
            tried = self._bind(variable, value)
            if tried is not None and wanted.is_met(tried.value(expression, frame)):
                return tried.settled()
        return None

    def _listed(self, expression: ast.ListOf, frame: Frame, wanted: tuple[Any, ...]) -> Solution | None:
        """The solution with the constraints of a list on its elements."""
        if len(expression.items) != len(wanted):
            return None
        found: Solution | None = self
        for item, each in zip(expression.items, wanted, strict=True):
            if found is None or isinstance(item, ast.Spread):
                return None
            found = found.equal(item, frame, Wanted(each))
        return found

    def _decided(self, condition: ast.Expr, frame: Frame, wanted: Wanted) -> Solution | None:
        """With what a condition says of its parts, where that is one thing: of ``a != b``, if it is false."""
        is_true = wanted.value
        match condition:
            case ast.Compare(operators=("==",)) if is_true:
                return self._same(condition, frame)
            case ast.Compare(operators=("!=" | ">" | "<",)) if not is_true:
                return self._same(condition, frame)
            case ast.Logic(operator=operator) if is_true == (operator == "and"):
                left = self.equal(condition.left, frame, wanted)
                return left and left.equal(condition.right, frame, wanted)
            case ast.Not():
                return self.equal(condition.value, frame, Wanted(not is_true))
        return self._left(condition, frame, wanted)

    def _same(self, condition: ast.Compare, frame: Frame) -> Solution | None:
        """With both sides of a comparison equal, of which one is known: if a value is not above another, the least."""
        for one, other in (condition.operands, condition.operands[::-1]):
            known = self.value(other, frame)
            if known is not UNKNOWN:
                return self.equal(one, frame, Wanted(known))
        return self._left(condition, frame, Wanted(condition.operators == ("==",)))

    def _left(self, expression: ast.Expr, frame: Frame, wanted: Wanted) -> Solution:
        """The solution with an open equation."""
        return replace(self, open=(*self.open, (Delayed(expression, frame), wanted)))

    def bind(self, variable: Variable, value: Any) -> Solution | None:
        """The solution with a value of a variable, and all its consequences."""
        tried = self._bind(variable, value)
        return tried and tried.settled()

    def _bind(self, variable: Variable, value: Any) -> Solution | None:
        if not isinstance(value, Callee | Delayed):
            value = variable.fitted(value)
        return None if value is POISON else replace(self, bound={**self.bound, variable: value})

    def settled(self) -> Solution | None:
        """The solution after another pass over the open constraints."""
        found: Solution | None = self
        changed = True
        while changed and found is not None and found.open:
            waiting, found, changed = found.open, replace(found, open=()), False
            for delayed, wanted in waiting:
                found = found.equal(delayed.expression, delayed.frame, wanted)
                if found is None:
                    return None
            changed = len(found.open) < len(waiting)
        return found

    def finished(self) -> Solution | None:
        """The solution with defaults for open variables, until none is open."""
        found: Solution | None = self
        while found is not None and found.open:
            delayed, _ = found.open[0]
            variable = next((v for v in found._variables(delayed) if v.default is not None), None)
            if variable is None:
                return None
            found = found.bind(variable, variable.default)
        return found

    def _variables(self, of: Any) -> Iterator[Variable]:
        """The unknown variables in an expression."""
        if isinstance(of, Variable):
            if of in self.bound:
                yield from self._variables(self.bound[of])
            else:
                yield of
        elif isinstance(of, Delayed):
            for name in _names(of.expression):
                if name in of.frame.names:
                    yield from self._variables(of.frame.names[name])

    # --- inverses ----------------------------------------------------------------------------------------------------

    def _guesses(self, expression: ast.Expr, frame: Frame, wanted: Any) -> Iterator[tuple[Variable, Any]]:
        """Variables, and values that they may have where an expression has one: nothing where several are unknown."""
        for variable, value in self._inverse(expression, frame, wanted):
            if variable.default is not None:
                yield variable, variable.default
            if isinstance(value, float):
                yield from ((variable, each) for each in _near(value))
            else:
                yield variable, value

    def _inverse(self, expression: ast.Expr, frame: Frame, wanted: Any) -> Iterator[tuple[Variable, Any]]:
        match expression:
            case ast.Name(id=name) if name in frame.names:
                yield from self._inverse_of(frame.names[name], wanted)
            case ast.Conditional():
                yield from self._inverse(expression.then, frame, wanted)
                yield from self._inverse(expression.otherwise, frame, wanted)
            case ast.Call(callee=ast.Name(id="int" | "round" | "float" | "make_divisible"), arguments=(first, *_)):
                yield from self._inverse(first.value, frame, wanted)
            case ast.Call(callee=ast.Name(id="max" | "min"), arguments=given):
                unknown = [each.value for each in given if self.value(each.value, frame) is UNKNOWN]
                if len(unknown) == 1:
                    yield from self._inverse(unknown[0], frame, wanted)
            case ast.Comprehension(element=element, clauses=(clause,)) if not isinstance(element, ast.Spread):
                yield from self._inverse_of_each(element, clause, frame, wanted)
            case ast.Unary(operator="-", value=inner) if _is_number(wanted):
                yield from self._inverse(inner, frame, -wanted)
            case ast.Binary(operator=operator, left=left, right=right) if _is_number(wanted):
                one, other = self.value(left, frame), self.value(right, frame)
                if one is UNKNOWN and _is_number(other):
                    yield from self._undone(_FROM_LEFT.get(operator), left, frame, wanted, other)
                elif other is UNKNOWN and _is_number(one):
                    yield from self._undone(_FROM_RIGHT.get(operator), right, frame, wanted, one)

    def _inverse_of_each(
        self, element: ast.Expr, clause: ast.Clause, frame: Frame, wanted: Any
    ) -> Iterator[tuple[Variable, Any]]:
        """What the elements of a list say, where it is known what they are made of. One number is that of all."""
        rounds = self.value(clause.iterable, frame)
        if not isinstance(rounds, tuple) or len(clause.targets) != 1 or clause.condition is not None:
            return
        values = wanted if isinstance(wanted, tuple) else (wanted,) * len(rounds)
        for each, value in zip(rounds, values, strict=False):
            yield from self._inverse(element, frame.inner(**{clause.targets[0].id: each}), value)

    def _inverse_of(self, binding: Any, wanted: Any) -> Iterator[tuple[Variable, Any]]:
        if isinstance(binding, Variable):
            if binding not in self.bound:
                yield binding, wanted
                return
            binding = self.bound[binding]
        if isinstance(binding, Delayed):
            yield from self._inverse(binding.expression, binding.frame, wanted)

    def _undone(
        self, undo: Callable[[Any, Any], Any] | None, of: ast.Expr, frame: Frame, wanted: Any, known: Any
    ) -> Iterator[tuple[Variable, Any]]:
        try:
            value = undo(wanted, known) if undo is not None else None
        except ZeroDivisionError:
            return
        if value is not None:
            yield from self._inverse(
                of, frame, int(value) if isinstance(value, float) and value.is_integer() else value
            )


_FROM_LEFT: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": lambda wanted, known: wanted - known,
    "-": lambda wanted, known: wanted + known,
    "*": lambda wanted, known: wanted / known,
    "/": lambda wanted, known: wanted * known,
    "//": lambda wanted, known: wanted * known,
}
"""By the operator, the left operand from the result and the right one."""
_FROM_RIGHT: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": lambda wanted, known: wanted - known,
    "-": lambda wanted, known: known - wanted,
    "*": lambda wanted, known: wanted / known,
    "/": lambda wanted, known: known / wanted,
    "//": lambda wanted, known: known / wanted,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _near(value: float) -> Iterator[float]:
    """Numbers with few digits beside one, and itself."""
    for digits in range(1, _DIGITS + 1):
        short = round(value, digits)
        yield from (short, round(short + 10.0**-digits, digits))
    yield from (value, nextafter(value, value + 1))


@cache
def _names(expression: ast.Expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.id for node in walk(expression) if isinstance(node, ast.Name)))


def argument(op: Op, name: str) -> Any:
    """An argument of an op as expressions have it."""
    return as_value(getattr(op, name))
