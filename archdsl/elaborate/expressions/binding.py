"""Binds parameters to arguments: types, defaults, and domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.arguments import missing_arguments
from archdsl.elaborate.domain import is_among, listed, no_list, outside
from archdsl.elaborate.expressions.evaluate import evaluate_or_poison
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import fit, is_known, type_of, usual_cause, width
from archdsl.elaborate.values import POISON, Given, Value, describe, show_value
from archdsl.ops.types import NAMES
from archdsl.source import Span
from archdsl.syntax import ast


def bind_parameters(
    callee: str, params: Sequence[ast.Param], bound: Mapping[str, Given], scope: Scope, span: Span
) -> None:
    """Binds every parameter in a scope and checks its type. Defaults see earlier parameters."""
    problems: list[Diagnostic] = []
    missing: list[ast.Param] = []
    is_silent = False
    scope.session.budget.charge(len(params), span)
    for param in params:
        name = param.name.id
        declared: tuple[Label, ...] = (Label(param.span, "declared here"),)
        if name in bound:
            value, at = bound[name].value, bound[name].span
            declared += bound[name].labels
        elif param.default is not None:
            value, at = evaluate_or_poison(param.default, scope), param.default.span
        else:
            missing.append(param)
            value, at = POISON, span
        wide = width(param.type)
        if isinstance(value, tuple):  # each element is looked at
            scope.session.budget.charge(len(value) * wide // 2, at)
        elif wide > 1:
            scope.session.budget.charge(wide, at)
        scope.names[name] = fitted = POISON if value is POISON else fit(value, param.type)
        is_silent |= fitted is POISON
        if fitted is POISON and value is not POISON and is_known(param.type):
            wanted = param.type.span.text
            help_, fix = usual_cause(value, wanted, at) if name in bound else _other_type(param, value)
            problems.append(
                codes.WrongType(
                    span=at,
                    what=f"`{name}` of `{callee}`",
                    wanted=wanted,
                    given=describe(value),
                    labels=declared,
                    help=help_,
                    fix=fix,
                )
            )
        elif fitted is not POISON:
            cell = bound[name].cell if name in bound else None
            if found := _misplaced(callee, param, Given(fitted, at, cell), scope):
                problems += found
                scope.names[name], is_silent = POISON, True
    if missing:
        problems.append(missing_arguments(callee, missing, span))
    if is_silent:
        raise Failure(*problems)


def _misplaced(callee: str, param: ast.Param, given: Given, scope: Scope) -> Sequence[Diagnostic]:
    """Diagnostics for a value outside of its parameter's domain, or for a wrong domain."""
    try:
        values = domain(param, scope)
        if values is None or is_among(given.value, values, given.span):
            return ()
    except Failure as failure:
        return failure.diagnostics
    return (outside(callee, param, given, values),)


def domain(param: ast.Param, scope: Scope) -> tuple[Value, ...] | None:
    """The domain of a parameter, if its definition lists one. Its expressions see the names of the file alone.

    ``None`` where all of its type will do, and where the list could not be read. Raises ``Failure`` if it is none.
    """
    if param.domain is None:
        return None
    value = evaluate_or_poison(param.domain, Scope(scope.session, scope.module))
    values = POISON if value is POISON else listed(value, param)
    if values is POISON and value is not POISON and is_known(param.type):
        raise Failure(no_list(value, param))
    return None if values is POISON else values


def _other_type(param: ast.Param, default: Value) -> tuple[tuple[str, ...], Fix | None]:
    """Help for a default that does not fit its type: of the two, the type is the likelier slip."""
    right = str(type_of(default))
    if right not in NAMES:
        return (), None
    return (f"the type of `{show_value(default)}` is `{right}`",), Fix(param.type.span, right)
