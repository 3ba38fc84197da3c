"""What the operators of the language do, and the bounds on what they make."""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable
from typing import Any, Final

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.builtins import LIST_LIMIT
from archdsl.elaborate.scope import Failure
from archdsl.elaborate.values import Value, describe
from archdsl.graph.dims import Sym
from archdsl.source import Span
from archdsl.syntax import ast

_BITS: Final = 256
"""Integers stay below 2**256: more than any count of anything in a model."""

_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": python.add,
    "-": python.sub,
    "*": python.mul,
    "//": python.floordiv,
    "%": python.mod,
}
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}


def bounded(value: Value, span: Span) -> Value:
    """The value, unless it is larger than any architecture needs."""
    if isinstance(value, int) and value.bit_length() > _BITS:
        raise Failure(codes.TooLarge(span=span, what="the number", limit=f"2 ** {_BITS}"))
    if isinstance(value, tuple | str) and len(value) > LIST_LIMIT:
        what = "the list" if isinstance(value, tuple) else "the string"
        raise Failure(codes.TooLarge(span=span, what=what, limit=f"{LIST_LIMIT:,} elements"))
    if isinstance(value, float) and not math.isfinite(value):
        raise Failure(codes.TooLarge(span=span, what="the number", limit="a float holds"))
    return value


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Sym) and not isinstance(value, bool)


def binary(node: ast.Binary, left: Value, right: Value) -> Value:
    """``left OP right``. Lists and strings add and repeat as in Python."""
    symbol, span, reason = node.operator, node.span, ""
    try:
        if _is_number(left) and _is_number(right):
            return bounded(_arithmetic(node, left, right), span)
        if symbol == "+" and type(left) is type(right) and isinstance(left, tuple | str):
            return bounded(left + right, span)
        if symbol == "*" and isinstance(left, tuple | str) and isinstance(right, int) and not isinstance(right, bool):
            if len(left) * right > LIST_LIMIT:
                raise Failure(codes.TooLarge(span=span, what="the list", limit=f"{LIST_LIMIT:,} elements"))
            return left * right
    except ZeroDivisionError:
        reason = "division by zero"
    except (ArithmeticError, TypeError):
        pass
    raise Failure(
        codes.BadOperands(span=span, operator=symbol, left=describe(left), right=describe(right), reason=reason)
    )


def _arithmetic(node: ast.Binary, left: Any, right: Any) -> Any:
    symbol, span = node.operator, node.span
    if symbol == "**":
        return _power(left, right, span)
    if symbol != "/":
        return _ARITHMETIC[symbol](left, right)
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    if right == 0:
        raise ZeroDivisionError
    if isinstance(left, int) and isinstance(right, int):
        quotient, rest = divmod(left, right)
    else:
        try:
            return left / right
        except ArithmeticError:
            quotient, rest = 0, 1
    if rest:
        raise Failure(
            codes.InexactDivision(
                span=span,
                left=str(left),
                right=str(right),
                help=(_roundings(node),),
            )
        )
    return quotient


def _roundings(node: ast.Binary) -> str:
    left, right = node.left.span.text, node.right.span.text
    as_float = f"{right}.0" if right.isdigit() else f"float({right})"
    return f"`{left} // {right}` rounds down, `{left} / {as_float}` keeps the fraction"


def _power(left: Any, right: Any, span: Span) -> Any:
    if isinstance(left, Sym):
        if not isinstance(right, int) or not 0 <= right <= 8:
            raise ArithmeticError
        return math.prod([left] * right)
    if isinstance(left, int) and isinstance(right, int):
        if right < 0:
            return float(left) ** right
        if abs(left) > 1 and (right > _BITS or left.bit_length() * right > 2 * _BITS):
            raise Failure(codes.TooLarge(span=span, what="the number", limit=f"2 ** {_BITS}"))
    result = left**right
    if isinstance(result, complex):
        raise ArithmeticError
    return result


def compare(symbol: str, left: Value, right: Value, span: Span) -> bool:
    """One link of a comparison. A run-time size equals only itself; whether it equals a number nobody knows."""
    if symbol in ("in", "not in"):
        if not isinstance(right, tuple):
            raise Failure(codes.BadOperands(span=span, operator=symbol, left=describe(left), right=describe(right)))
        return any(_equal(left, v, span) for v in right) == (symbol == "in")
    if symbol in ("==", "!="):
        return _equal(left, right, span) == (symbol == "==")
    if symbol == "~=":
        raise Failure(
            codes.BadOperands(
                span=span,
                operator=symbol,
                left=describe(left),
                right=describe(right),
                help=("`~=` compares a figure in a `check` line with the digits that are written",),
            )
        )
    if isinstance(left, Sym) != isinstance(right, Sym):
        _unknown(left, right, span)
    if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return _COMPARISONS[symbol](left, right)
    raise Failure(codes.BadOperands(span=span, operator=symbol, left=describe(left), right=describe(right)))


def _equal(left: Value, right: Value, span: Span) -> bool:
    if isinstance(left, Sym) != isinstance(right, Sym) and _is_number(left) and _is_number(right):
        _unknown(left, right, span)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _unknown(left: Value, right: Value, span: Span) -> None:
    sym = left if isinstance(left, Sym) else right
    raise Failure(codes.UnknownSize(span=span, use="this comparison", dimension=str(sym)))
