"""Binds the arguments of blocks and checks the conditions of the definition: ``where width % heads == 0``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue.contracts import ConditionBroken
from archdsl.elaborate.expect import decide
from archdsl.elaborate.expressions import bind_parameters, evaluate
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.values import Given, show_value
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def bind_block(callee: str, decl: ast.Block, bound: Mapping[str, Given], scope: Scope, span: Span) -> None:
    """Binds parameters in a scope. Raises ``Failure`` for a wrong value or a broken condition."""
    bind_parameters(callee, decl.params, bound, scope, span)
    if problems := tuple(broken(callee, decl, scope, span)):
        raise Failure(*problems)


def broken(callee: str, decl: ast.Block, scope: Scope, span: Span) -> Iterator[Diagnostic]:
    """The conditions that the parameters in a scope break, as far as their values are known."""
    for condition in decl.conditions:
        try:
            holds = decide(evaluate(condition, scope), condition.span)
        except Failure as failure:
            yield from failure.diagnostics
            continue
        if holds is False:
            mentioned = {node.id for node in walk(condition) if isinstance(node, ast.Name)}
            names = [param.name.id for param in decl.params if param.name.id in mentioned]
            yield ConditionBroken(
                span=span,
                callee=callee,
                condition=" ".join(condition.span.text.split()),
                values=", ".join(f"`{name}` is {show_value(scope.names[name])}" for name in names) or "it never holds",
                labels=(Label(condition.span, "stated here"),),
            )
