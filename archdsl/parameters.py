"""Parameters of models and values for them, as Python sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from archdsl.elaborate.values import Given, show_value
from archdsl.syntax import ast


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that Python has no type for, as the language writes it: an op or a block, with or without arguments.

    It sees the names of the spec that it is given to.
    """

    text: str

    def __repr__(self) -> str:
        return f"archdsl.op({self.text!r})"

    def __str__(self) -> str:
        return self.text


class Parameter(NamedTuple):
    """A parameter of a model, as tools show it."""

    type: str
    default: str | None
    """As the spec writes it, or as the variant sets it; ``None`` where a value must be given."""
    value: Any
    """The default as a Python value if it is a number, a string, a truth value or a list of them, else ``None``."""


def parameter(param: ast.Param, bound: Given | None) -> Parameter:
    """A parameter of a definition, with what a variant sets it to."""
    kind = param.type.span.text
    if bound is not None:
        return Parameter(kind, show_value(bound.value), bound.value if _is_plain(bound.value) else None)
    if param.default is None:
        return Parameter(kind, None, None)
    return Parameter(kind, param.default.span.text, _literal(param.default))


def plain(name: str, value: Any) -> Any:
    """A Python value in plain types; numbers of other libraries are converted.

    Raises:
        TypeError: the language has no value like it.
    """
    from numbers import Integral, Real

    match value:
        case int() | float() | str() | Given() | Expression():
            return value
        case list() | tuple():
            return tuple(plain(name, element) for element in value)
        case Integral():
            return int(value)
        case Real():
            return float(value)
    raise TypeError(
        f"`{name}` is a number, a string, a truth value, `archdsl.op(…)` or a list of them, not {type(value).__name__}"
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str) or (isinstance(value, tuple) and all(map(_is_plain, value)))


def _literal(node: ast.Expr | ast.Spread) -> Any:
    """The value of a literal, a negative number or a list of these, else ``None``."""
    match node:
        case ast.Literal():
            return node.value
        case ast.Unary(operator="-", value=ast.Literal(value=int() | float() as number)):
            return -number
        case ast.ListOf():
            items = tuple(map(_literal, node.items))
            return None if None in items else items
    return None
