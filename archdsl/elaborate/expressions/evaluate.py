"""Evaluates an expression with the function registered for its kind of node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from archdsl.elaborate.failure import Exhausted, Failure, Silence, too_deep
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.values import POISON, Value
from archdsl.elaborate.weight import COMPOSITE
from archdsl.syntax import ast

Evaluator: TypeAlias = Callable[[Any, Scope], Value]
_Of = TypeVar("_Of", bound=Callable[..., Value])
_EVALUATORS: Final[dict[type[ast.Node], Evaluator]] = {}


def evaluates(kind: type[ast.Node]) -> Callable[[_Of], _Of]:
    """Registers the function that evaluates nodes of a class."""

    def register(function: _Of) -> _Of:
        _EVALUATORS[kind] = function
        return function

    return register


def evaluate(node: ast.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises ``Failure`` with the diagnostic of the first mistake in it."""
    session = scope.session
    session.budget.tick(node.span)
    value = _EVALUATORS[node.__class__](node, scope)
    if value.__class__ in COMPOSITE:
        session.budget.weigh(value, node.span)
    elif value is POISON:
        raise Silence()
    return value


def evaluate_or_poison(node: ast.Expr, scope: Scope) -> Value:
    """The value, or ``POISON`` after reporting why there is none, so that what follows is still checked."""
    try:
        return evaluate(node, scope)
    except Failure as failure:
        scope.session.reporter.report(*failure.diagnostics)
        return POISON
    except RecursionError:
        raise Exhausted(too_deep(node.span)) from None
