"""Values of lists, comprehensions and spreads (`...`)."""

from __future__ import annotations

from functools import reduce
from operator import or_

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate import operators
from archdsl.elaborate.expect import bind_targets, decide, iterate, some_of
from archdsl.elaborate.expressions.evaluate import evaluate, evaluates
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import keep_quiet, type_of, unknown
from archdsl.elaborate.values import POISON, Bundle, Value, describe
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast


@evaluates(ast.ListOf)
def _list(node: ast.ListOf, scope: Scope) -> Value:
    found: list[Value] = []
    are_known = [_add(item, scope, found) for item in node.items]
    return _made(found, all(are_known))


@evaluates(ast.Comprehension)
def _comprehension(node: ast.Comprehension, scope: Scope) -> Value:
    found: list[Value] = []
    return _made(found, _rounds(node, 0, scope, found))


def _rounds(node: ast.Comprehension, level: int, scope: Scope, found: list[Value]) -> bool:
    """Appends the elements of a comprehension from clause ``level`` on; false if their number is not known."""
    if level == len(node.clauses):
        return _add(node.element, scope, found)
    clause = node.clauses[level]
    iterable = evaluate(clause.iterable, scope)
    elements = some_of(iterable) or iterate(iterable, clause.iterable.span)
    is_known = elements is iterable
    for element in elements:
        inner = scope.inner()
        bind_targets(clause.targets, element, inner)
        chosen = clause.condition is None or decide(evaluate(clause.condition, inner), clause.condition.span)
        is_known &= chosen is not None
        if chosen is not False:
            is_known &= _rounds(node, level + 1, inner, found)
    return is_known


def _add(item: ast.Expr | ast.Spread, scope: Scope, found: list[Value]) -> bool:
    """Appends an element, or a spread list. For an unknown list, appends one unknown element and returns false."""
    if isinstance(item, ast.Spread):
        value = evaluate(item.value, scope)
        some = some_of(value)
        added = some or spread(value, item.span)
    else:
        some, added = None, (evaluate(item, scope),)
    operators.long(len(found) + len(added), "the list", item.span, scope.session.limits)
    found += added
    return some is None


def spread(value: Value, span: Span) -> tuple[Value, ...]:
    """The elements of a spread."""
    if isinstance(value, Bundle):
        return tuple(value.tensors.values())
    if not isinstance(value, tuple):
        keep_quiet(value, "list", "tensor")
        raise Failure(codes.WrongType(span=span, what="what `...` spreads", wanted="a list", given=describe(value)))
    return value


def _made(found: list[Value], is_known: bool) -> Value:
    """A list of the elements; if they may be more or fewer, an unknown list of their types."""
    if is_known:
        return tuple(found)
    is_open = any(value is POISON for value in found)
    return unknown(Type.list_of(None if is_open else reduce(or_, map(type_of, found), Type(()))))
