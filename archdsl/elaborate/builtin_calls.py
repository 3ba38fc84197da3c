"""Calls of the language's own functions and of initialisers."""

from __future__ import annotations

from typing import Final

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate import operators
from archdsl.elaborate.arguments import Arguments, give
from archdsl.elaborate.builtins import FUNCTIONS, Made, Misuse, Undecided, result
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.session import Session
from archdsl.elaborate.types import keep_quiet, unknown
from archdsl.elaborate.values import Value, describe
from archdsl.graph.dims import Sym
from archdsl.ops.init import KINDS, Init
from archdsl.source import Span

_ADDITION: Final = 8
"""Steps of the addition of two run-time sizes, beside one for each of their terms."""


def call_builtin(name: str, given: Arguments, span: Span, session: Session) -> Value:
    positional = [g.value for key, g in given if key is None]
    if len(positional) != len(given):
        key = next(key for key, _ in given if key is not None)
        raise Failure(
            codes.UnexpectedArgument(span=key.span, callee=name, argument=key.id, help=("give it by position",))
        )
    if name == "sum" and len(positional) == 1 and isinstance(positional[0], tuple):
        _charge_sizes(positional[0], span, session)
    try:
        found = FUNCTIONS[name](*positional)
    except Undecided:
        return unknown(result(name, positional))
    except Misuse as misuse:
        at = next((g.span for _, g in given if g.value is misuse.value), span)
        raise Failure(codes.BadCall(span=at, function=name, reason=str(misuse))) from None
    except TypeError:
        count = f"{len(positional)} argument{'s' if len(positional) != 1 else ''}"
        raise Failure(codes.BadCall(span=span, function=name, reason=f"does not take {count}")) from None
    except (OverflowError, ValueError):
        raise Failure(
            codes.BadCall(span=span, function=name, reason="cannot compute with numbers of this size")
        ) from None
    if isinstance(found, Made):
        operators.long(found.length, "the list", span, session.limits)
        return tuple(operators.bounded(element, span, session.limits) for element in found.elements)
    return operators.bounded(found, span, session.limits)


def _charge_sizes(values: tuple[Value, ...], span: Span, session: Session) -> None:
    """Counts and bounds the work of a sum of run-time sizes: every partial sum is a polynomial."""
    total: Value = 0
    for value in values:
        if isinstance(value, Sym):
            total = operators.bounded(total + value, span, session.limits)
            session.budget.charge(_ADDITION + (total.size if isinstance(total, Sym) else 0), span)


def call_init(kind: str, given: Arguments, span: Span) -> Value:
    parameters = KINDS[kind]
    bound = give(kind, [name for name, _ in parameters], {}, given)
    for name, value in bound.items():
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            keep_quiet(value.value, "float")
            what = f"`{name}` of `{kind}`"
            raise Failure(codes.WrongType(span=value.span, what=what, wanted="a number", given=describe(value.value)))
    for name, default in parameters:
        if name not in bound and default is None:
            raise Failure(codes.MissingArgument(span=span, callee=kind, missing=f"`{name}`"))
    values = (bound[name].value if name in bound else default for name, default in parameters)
    try:
        return Init(kind=kind, values=tuple(float(value) for value in values if value is not None))
    except OverflowError:
        raise Failure(operators.float_too_large(span)) from None
