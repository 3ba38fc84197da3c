"""Evaluates calls: of functions, and of ops and blocks with some of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate import operators
from archdsl.elaborate.arguments import Arguments, give, give_block, give_op
from archdsl.elaborate.builtin_calls import call_builtin, call_init
from archdsl.elaborate.builtins import CALLED
from archdsl.elaborate.expressions.binding import bind_parameters
from archdsl.elaborate.expressions.evaluate import evaluate, evaluate_or_poison, evaluates
from archdsl.elaborate.expressions.lists import spread
from archdsl.elaborate.expressions.tables import cell_of
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import keep_quiet
from archdsl.elaborate.values import POISON, BlockRef, Builtin, FunctionRef, Given, InitRef, OpRef, Value, describe
from archdsl.source import Span
from archdsl.syntax import ast


@evaluates(ast.Call)
def _call(node: ast.Call, scope: Scope) -> Value:
    name = node.callee.id if isinstance(node.callee, ast.Name) else ""
    if name in CALLED and not scope.defines(name) and not any(argument.name for argument in node.arguments):
        scope.session.budget.tick(node.callee.span)
        return call(CALLED[name], node.arguments, node.span, scope)
    return call(evaluate_or_poison(node.callee, scope), node.arguments, node.span, scope)


def call(callee: Value, arguments: tuple[ast.Argument, ...], span: Span, scope: Scope) -> Value:
    """Calls a function, or binds some arguments of an op or block."""
    given = evaluate_arguments(arguments, scope)
    if isinstance(callee, BlockRef | FunctionRef):
        scope.session.budget.charge(len(callee.decl.params) // 2, span)
    if callee is POISON or any(g.value is POISON for _, g in given):
        raise Silence()
    match callee:
        case OpRef():
            return give_op(callee, given)
        case BlockRef():
            return give_block(callee, given)
        case Builtin():
            return call_builtin(callee.name, given, span, scope.session)
        case InitRef():
            return call_init(callee.kind, given, span)
        case FunctionRef():
            return _call_function(callee, given, span, scope)
    keep_quiet(callee, "op", "init", "function")
    help_ = ("a value stands without brackets",) if isinstance(callee, int | float | str | tuple) else ()
    raise Failure(codes.NotCallable(span=span, value=describe(callee), help=help_))


def _call_function(function: FunctionRef, given: Arguments, span: Span, scope: Scope) -> Value:
    decl = function.decl
    inner = Scope(scope.session, function.module)
    bound = give(decl.name.id, tuple(p.name.id for p in decl.params), {}, given)
    bind_parameters(decl.name.id, decl.params, bound, inner, span)
    with inner.session.calls.calling(replace(function, arguments=bound), span):
        return evaluate_function(decl, inner)


def evaluate_function(decl: ast.Function, scope: Scope) -> Value:
    """The value of a function with its parameters bound in the scope. Mistakes in its ``let`` lines are reported."""
    for statement in decl.statements:
        if isinstance(statement, ast.Broken):
            scope.names.update((name, POISON) for name in statement.names if scope.find(name) is MISSING)
            continue
        name, value = statement.name.id, evaluate_or_poison(statement.value, scope)
        scope.names[name] = POISON if name in scope.names else value
    return evaluate(decl.value, scope)


def evaluate_arguments(arguments: Sequence[ast.Argument], scope: Scope) -> Arguments:
    """Evaluates arguments in the order written; each mistake is reported and gives ``POISON``."""
    given: Arguments = []
    for argument in arguments:
        value = evaluate_or_poison(argument.value, scope)
        span = argument.value.span
        if not argument.spread or value is POISON:
            given.append((argument.name, Given(value, span, cell_of(argument.value, scope))))
            continue
        value = spread(value, span)
        operators.long(len(given) + len(value), "the list", span, scope.session.limits)
        scope.session.budget.charge(len(value), span)
        given.extend((None, Given(v, span)) for v in value)
    return given
