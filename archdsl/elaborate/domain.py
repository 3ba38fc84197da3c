"""The domains of parameters whose definition lists their values: ``stride: int in [1, 2]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate import operators
from archdsl.elaborate.types import fit, holds_unknown
from archdsl.elaborate.values import POISON, Given, Value, describe, show_value
from archdsl.graph.dims import Sym
from archdsl.source import Span
from archdsl.syntax import ast

_SHOWN: Final = 8
"""Values that a message lists."""


def listed(domain: Value, param: ast.Param) -> Value:
    """The values converted to the parameter's type (an int to a float), ``POISON`` if one has another type."""
    if holds_unknown(domain) or not isinstance(domain, tuple):
        return POISON
    values = tuple(fit(value, param.type) for value in domain)
    return POISON if POISON in values else values


def no_list(domain: Value, param: ast.Param) -> Diagnostic:
    """The diagnostic for a domain that is not a list of values of the parameter's type."""
    assert param.domain is not None
    return codes.WrongType(
        span=param.domain.span,
        what=f"what `{param.name.id}` may be",
        wanted=f"a list of {param.type.span.text}",
        given=describe(domain),
    )


def is_among(value: Value, values: Sequence[Value], span: Span) -> bool:
    """Whether a value is in the list, or not known and so may be. Ops and lists are compared as text.

    Raises ``Failure`` for a size that is known at run time only.
    """
    if holds_unknown(value):
        return True
    if isinstance(value, bool | int | float | str | Sym):
        return operators.compare("in", value, tuple(values), span) is not False
    return show_value(value) in map(show_value, values)


def outside(callee: str, param: ast.Param, given: Given, values: Sequence[Value]) -> Diagnostic:
    """The diagnostic for a value outside of the list."""
    words, value = [show_value(each) for each in values], show_value(given.value)
    near = closest(value, words, {}) if isinstance(given.value, str) else ()
    return codes.OutsideDomain(
        span=given.span,
        parameter=param.name.id,
        callee=callee,
        values=_joined(words),
        given=value,
        labels=(Label(param.span, "declared here"), *given.labels),
        help=(f"did you mean `{near[0]}`?",) if near else (),
    )


def _joined(words: Sequence[str]) -> str:
    if len(words) > _SHOWN:
        return f"{', '.join(words[: _SHOWN - 1])}, … {words[-1]}"
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"
