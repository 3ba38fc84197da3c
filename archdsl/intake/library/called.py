"""The callee of a step in a definition, as far as it is known: an op or a block with arguments, or a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.values import BlockRef, FunctionRef, Keyword, OpRef
from archdsl.intake.library.solution import Callee, Delayed, Frame, Solution, Variable, Wanted
from archdsl.syntax import ast


@dataclass(frozen=True, slots=True)
class Open:
    """A parameter of which nothing is known, with the arguments that it is called with."""

    variable: Variable
    named: Mapping[str, Any]
    bare: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Here:
    """A value of the model that a definition names."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A flow that comes from no input and has a name: it is compared where it is used."""

    body: ast.Body
    frame: Frame


Called: TypeAlias = Callee | Open | Keyword | Here


def as_called(value: Any) -> Iterator[Called]:
    """A value of the language as what is called; nothing for what cannot be."""
    match value:
        case Callee():
            yield value
        case OpRef():
            yield Callee(value.op, {name: given.value for name, given in value.arguments.items()})
        case BlockRef():
            yield Callee(value, {name: given.value for name, given in value.arguments.items()})
        case Keyword(name="id"):
            yield Callee(None)
        case Keyword(name="residual"):
            yield value


def with_arguments(called: Called, arguments: Sequence[ast.Argument], frame: Frame) -> Called | None:
    """What is called, with further arguments; ``None`` if it has no such."""
    if isinstance(called, Keyword | Here) or not arguments:
        return called
    if any(each.spread for each in arguments):
        return None
    bare = tuple(Delayed(each.value, frame) for each in arguments if each.name is None)
    named = {each.name.id: Delayed(each.value, frame) for each in arguments if each.name is not None}
    if isinstance(called, Open):
        return Open(called.variable, {**called.named, **named}, (*called.bare, *bare))
    return _added(called, named, bare)


def completed(found: Called, wanted: Open) -> Called | None:
    """What a parameter was found to be, with the arguments that it is called with; ``id`` takes any."""
    match found:
        case Callee(of=None):
            return found
        case Callee():
            return _added(found, wanted.named, wanted.bare)
        case Open():
            return Open(found.variable, {**found.named, **wanted.named}, (*found.bare, *wanted.bare))
    return None


def _added(callee: Callee, named: Mapping[str, Any], bare: Sequence[Any]) -> Callee | None:
    if callee.of is None:
        return None if bare else callee
    positional: Sequence[str]
    if isinstance(callee.of, BlockRef):
        positional = known = [param.name.id for param in callee.of.decl.params]
    else:
        positional, known = callee.of.positional, [*callee.of.model_fields, *callee.of.tensors]
    free = [name for name in positional if name not in callee.given]
    if len(bare) > len(free) or not {*named} <= {*known}:
        return None
    return Callee(callee.of, {**callee.given, **dict(zip(free, bare, strict=False)), **named})


def function_frame(function: FunctionRef, arguments: Sequence[ast.Argument], frame: Frame) -> Frame | None:
    """The names in a function that is called; ``None`` for a call that it does not take."""
    names: dict[str, Any] = {}
    inner = Frame(function.module, names)
    params = {param.name.id: param for param in function.decl.params}
    names.update((name, Delayed(param.default, inner)) for name, param in params.items() if param.default is not None)
    bare = iter(params)
    for each in arguments:
        name = each.name.id if each.name is not None else next(bare, "")
        if each.spread or name not in params:
            return None
        names[name] = Delayed(each.value, frame)
    for statement in function.decl.statements:
        if isinstance(statement, ast.Broken):
            return None
        names[statement.name.id] = Delayed(statement.value, inner)
    return inner


def decided(condition: ast.Expr, frame: Frame, solution: Solution) -> Iterator[tuple[bool, Solution]]:
    """Both ways that a condition can go, if it is not known."""
    for is_met in (True, False):
        found = solution.equal(condition, frame, Wanted(is_met))
        if found is not None:
            yield is_met, found


def callees(expression: ast.Expr, frame: Frame, solution: Solution) -> Iterator[tuple[Called, Solution]]:
    """What an expression may name: an op, a block, or a parameter of which nothing is known."""
    match expression:
        case ast.Name(id=name) if name in frame.names:
            yield from bound_to(frame.names[name], solution)
        case ast.Name(id=name):
            value = frame.module.find(name)
            value = LANGUAGE.get(name, MISSING) if value is MISSING else value
            yield from ((callee, solution) for callee in as_called(value))
        case ast.Conditional():
            for is_met, found in decided(expression.condition, frame, solution):
                yield from callees(expression.then if is_met else expression.otherwise, frame, found)
        case ast.Call(callee=ast.Name(id=name)) if isinstance(frame.module.find(name), FunctionRef):
            function = frame.module.find(name)
            inner = function_frame(function, expression.arguments, frame)
            if inner is not None:
                yield from callees(function.decl.value, inner, solution)
        case ast.Call():
            for callee, found in callees(expression.callee, frame, solution):
                given = with_arguments(callee, expression.arguments, frame)
                if given is not None:
                    yield given, found


def bound_to(binding: Any, solution: Solution) -> Iterator[tuple[Called, Solution]]:
    if isinstance(binding, Variable):
        if binding not in solution.bound:
            yield Open(binding, {}, ()), solution
            return
        binding = solution.bound[binding]
    if isinstance(binding, Delayed):
        yield from callees(binding.expression, binding.frame, solution)
    elif isinstance(binding, Here):
        yield binding, solution
    else:
        yield from ((callee, solution) for callee in as_called(binding))
