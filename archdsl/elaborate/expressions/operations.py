"""Values of names and literals, and of operators."""

from __future__ import annotations

from typing import TypeVar

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate import operators
from archdsl.elaborate.expect import decide
from archdsl.elaborate.expressions.evaluate import evaluate, evaluate_or_poison, evaluates
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import join, unknown
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import POISON, Unknown, Value, describe
from archdsl.elaborate.weight import PARTS
from archdsl.graph.dims import Sym
from archdsl.ops.types import Type
from archdsl.syntax import ast

_BOOL, _FLOAT = Type.named("bool"), Type.named("float")
_NUMBER = Type.named("int", "float")


@evaluates(ast.Name)
def _name(node: ast.Name, scope: Scope) -> Value:
    value = scope.find(node.id)
    if value is POISON:
        raise Silence()
    if value is MISSING:
        raise Failure(unknown_name(node.id, node.span, scope))
    return value


@evaluates(ast.Broken)
def _broken(_node: ast.Broken, _scope: Scope) -> Value:
    raise Silence()


@evaluates(ast.Literal)
def _literal(node: ast.Literal, _scope: Scope) -> Value:
    return node.value


@evaluates(ast.Conditional)
def _conditional(node: ast.Conditional, scope: Scope) -> Value:
    condition = decide(evaluate(node.condition, scope), node.condition.span)
    if condition is None:
        return join(evaluate_or_poison(node.then, scope), evaluate_or_poison(node.otherwise, scope))
    return evaluate(node.then if condition else node.otherwise, scope)


@evaluates(ast.Logic)
def _logic(node: ast.Logic, scope: Scope) -> Value:
    spine, first = _spine(node)
    scope.session.budget.charge(len(spine) // PARTS, node.span)  # of which the rest may not be evaluated
    value = decide(evaluate(first, scope), first.span)
    for part in spine:
        if value is None or value != (part.operator == "or"):
            right = decide(evaluate(part.right, scope), part.right.span)
            value = right if value is not None or right is (part.operator == "or") else None
    return Unknown(_BOOL) if value is None else value


@evaluates(ast.Not)
def _not(node: ast.Not, scope: Scope) -> Value:
    value = decide(evaluate(node.value, scope), node.value.span)
    return Unknown(_BOOL) if value is None else not value


@evaluates(ast.Compare)
def _compare(node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(node.operands[0], scope)
    result: Value = True
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        right = evaluate(operand, scope)
        holds = operators.compare(operator, left, right, node.span)
        if holds is False:
            return False
        left, result = right, holds if isinstance(holds, Unknown) else result
    return result


@evaluates(ast.Unary)
def _unary(node: ast.Unary, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    if isinstance(value, Unknown) and value.type.overlaps(_FLOAT):
        return unknown(value.type.taken_for(_NUMBER), value)
    if isinstance(value, bool) or not isinstance(value, int | float | Sym):
        raise Failure(
            codes.WrongType(
                span=node.span, what=f"what `{node.operator}` is put before", wanted="a number", given=describe(value)
            )
        )
    return -value if node.operator == "-" else value


@evaluates(ast.Binary)
def _binary(node: ast.Binary, scope: Scope) -> Value:
    spine, first = _spine(node)
    value = evaluate(first, scope)
    for part in spine:
        right = evaluate(part.right, scope)
        if isinstance(value, Sym):
            scope.session.budget.charge(_products(part.operator, value, right, scope.session.limits.terms), part.span)
        value = operators.binary(part, value, right, scope.session.limits)
    return value


def _products(operator: str, left: Sym, right: Value, terms: int) -> int:
    """The cost of an operation on a run-time size: two steps for each product of two terms."""
    factors = right.size if isinstance(right, Sym) else 1
    if operator == "**" and isinstance(right, int) and right > 1:
        factors = min(left.size ** min(right - 1, operators.POWER), terms)  # larger powers are none
    return 2 * left.size * factors


Pair = TypeVar("Pair", ast.Binary, ast.Logic)


def _spine(node: Pair) -> tuple[list[Pair], ast.Expr]:
    """The left spine of a chain of binary operations: its first operand, then operator and operand pairs.

    Long ones lean left: walking them in a loop instead of by recursion leaves their length open.
    """
    kind = type(node)
    spine: list[Pair] = []
    first: ast.Expr = node
    while isinstance(first, kind):
        spine.append(first)
        first = first.left
    return spine[::-1], first
