"""The operators of the language, with bounds on their results."""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable
from typing import Any, Final

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import limits as limit_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.types import is_unknown, type_of, unknown
from archdsl.elaborate.values import Unknown, Value, describe
from archdsl.graph.dims import Shape, Sym, TooComplex, terms
from archdsl.limits import Limits
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import children

POWER: Final = 8
"""The highest power of a run-time size."""
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


def bounded(value: Value, span: Span, limits: Limits) -> Value:
    """The number, unless it is larger than any architecture needs. Other values are bounded elsewhere."""
    if isinstance(value, int) and value.bit_length() > limits.bits:
        raise Failure(number_too_large(span, limits))
    if isinstance(value, float) and not math.isfinite(value):
        raise Failure(float_too_large(span))
    if isinstance(value, Sym) and (excess := value.excess(limits)):
        raise Failure(size_too_large(span, excess, limits))
    return value


def float_too_large(span: Span) -> Diagnostic:
    return limit_codes.NumberTooLarge(span=span, what="the number", most="a float holds")


def number_too_large(span: Span, limits: Limits) -> Diagnostic:
    help_ = limits.advice("bits")
    return limit_codes.NumberTooLarge(span=span, what="the number", most=f"2 ** {limits.bits}", help=help_)


def size_too_large(span: Span, limit: str, limits: Limits) -> Diagnostic:
    """The diagnostic for a dimension beyond one of the limits ``bits`` and ``terms``."""
    most = f"2 ** {limits.bits}" if limit == "bits" else f"{limits.terms} terms"
    return limit_codes.NumberTooLarge(span=span, what="the dimension", most=most, help=limits.advice(limit))


def bounded_shape(shape: Shape, span: Span, limits: Limits) -> None:
    """Raises ``Failure`` for a shape that no tensor of an architecture has."""
    if len(shape) > limits.rank:
        most, help_ = f"{limits.rank} dimensions", limits.advice("rank")
        raise Failure(limit_codes.NumberTooLarge(span=span, what="the rank", most=most, help=help_))
    if terms(shape) > limits.terms:
        raise Failure(size_too_large(span, "terms", limits))
    for dim in shape:
        excess = dim.excess(limits) if isinstance(dim, Sym) else "bits" if dim.bit_length() > limits.bits else None
        if excess:
            raise Failure(size_too_large(span, excess, limits))


def long(length: int, what: str, span: Span, limits: Limits) -> None:
    """Raises ``Failure`` for a list or string that is or would be too long."""
    if length > limits.length:
        unit = "characters" if what == "the string" else "elements"
        most, help_ = f"{limits.length:_} {unit}", limits.advice("length")
        raise Failure(limit_codes.ValueTooLong(span=span, what=what, most=most, help=help_))


_QUOTED: Final = 60
"""Characters of an operand that advice quotes."""


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Sym) and not isinstance(value, bool)


def binary(node: ast.Binary, left: Value, right: Value, limits: Limits) -> Value:
    """``left OP right``. Lists and strings add and repeat as in Python."""
    symbol, span, reason = node.operator, node.span, ""
    try:
        if _is_number(left) and _is_number(right):
            return bounded(_arithmetic(node, left, right, limits), span, limits)
        if isinstance(left, tuple | str):
            what = "the list" if isinstance(left, tuple) else "the string"
            if symbol == "+" and type(left) is type(right):
                long(len(left) + len(right), what, span, limits)
                return python.add(left, right)
            if symbol == "*" and isinstance(right, int) and not isinstance(right, bool):
                long(len(left) * right, what, span, limits)
                return left * max(right, 0) if left else left
    except ZeroDivisionError:
        reason = "division by zero"
    except TooComplex as error:
        raise Failure(size_too_large(span, error.limit, limits)) from None
    except OverflowError:
        raise Failure(float_too_large(span)) from None
    except (ArithmeticError, TypeError):
        pass
    if is_unknown(left) or is_unknown(right):
        result = _result(symbol, type_of(left), type_of(right))
        if result.alternatives:
            return unknown(result)
    raise Failure(
        codes.BadOperands(span=span, operator=symbol, left=describe(left), right=describe(right), reason=reason)
    )


def _result(symbol: str, left: Type, right: Type) -> Type:
    """The possible types of ``left OP right``; none if the operator is not defined for these types."""
    names: list[str] = []
    for one in (kind.name for kind in left.alternatives):
        for other in (kind.name for kind in right.alternatives):
            if {one, other} <= {"int", "float"}:
                names.append("float" if "float" in (one, other) else "int")
                names.extend(["float"] * (symbol == "**"))
            elif one in ("list", "str") and ((symbol == "+" and one == other) or (symbol == "*" and other == "int")):
                names.append(one)
    return Type.named(*dict.fromkeys(names))


def _arithmetic(node: ast.Binary, left: Any, right: Any, limits: Limits) -> Any:
    symbol, span = node.operator, node.span
    if symbol == "**":
        return _power(left, right, span, limits)
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
    left, right = _written(node.left), _written(node.right)
    as_float = f"{right}.0" if right.isdigit() else f"float{right}" if _in_brackets(node.right) else f"float({right})"
    return f"`{left} // {right}` rounds down, `{left} / {as_float}` keeps the fraction"


def _written(node: ast.Expr) -> str:
    """The source text of an expression on one line; an ellipsis if it is long."""
    text = " ".join(node.span.text.split())
    return text if len(text) < _QUOTED and "#" not in text else "…"


def _in_brackets(node: ast.Expr) -> bool:
    return node.span.text.startswith("(") and all(child.span.start > node.span.start for child in children(node))


def roundings_of_size(node: ast.Binary) -> str:
    """Help for a size that needs rounding: a stride that pads its map rounds up."""
    left, right = _written(node.left), _written(node.right)
    one_less = str(int(right) - 1) if right.isdigit() else f"{right} - 1"
    up = f"({left} + {one_less}) // {right}"
    return f'`{up}` rounds up, as a stride with `pad="same"` does; `{left} // {right}` rounds down'


def _power(left: Any, right: Any, span: Span, limits: Limits) -> Any:
    if isinstance(left, Sym):
        if not isinstance(right, int) or not 0 <= right <= POWER:
            raise ArithmeticError
        power: Any = 1
        for _ in range(right):
            power = bounded(power * left, span, limits)
        return power
    if isinstance(left, int) and isinstance(right, int):
        if right < 0:
            return float(left) ** right
        if abs(left) > 1 and (right > limits.bits or left.bit_length() * right > 2 * limits.bits):
            raise Failure(number_too_large(span, limits))
    result = left**right
    if isinstance(result, complex):
        raise ArithmeticError
    return result


_BOOL: Final = Type.named("bool")


def compare(symbol: str, left: Value, right: Value, span: Span) -> Value:
    """One link of a comparison chain. A run-time size equals only itself; comparing it with a number is undecidable."""
    if (is_unknown(left) or is_unknown(right)) and _may_compare(symbol, type_of(left), type_of(right)):
        return Unknown(_BOOL)
    if symbol in ("in", "not in"):
        if isinstance(right, tuple) and any(map(is_unknown, right)):
            return Unknown(_BOOL)
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
    if isinstance(left, Sym) != isinstance(right, Sym) and _is_number(left) and _is_number(right):
        _unknown(left, right, span)
    if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return _COMPARISONS[symbol](left, right)
    raise Failure(codes.BadOperands(span=span, operator=symbol, left=describe(left), right=describe(right)))


def _may_compare(symbol: str, left: Type, right: Type) -> bool:
    if symbol in ("==", "!="):
        return True
    if symbol in ("in", "not in"):
        return right.overlaps(Type.named("list"))
    number = Type.named("float")
    return any(left.overlaps(kind) and right.overlaps(kind) for kind in (number, Type.named("str")))


def _equal(left: Value, right: Value, span: Span) -> bool:
    if isinstance(left, Sym) != isinstance(right, Sym) and _is_number(left) and _is_number(right):
        _unknown(left, right, span)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _unknown(left: Value, right: Value, span: Span) -> None:
    sym = left if isinstance(left, Sym) else right
    raise Failure(codes.UnknownSize(span=span, use="this comparison", dimension=str(sym)))
