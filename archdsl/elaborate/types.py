"""The types of parameters: which values fit, and the usual cause when one does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.failure import Silence
from archdsl.elaborate.values import (
    POISON,
    BlockRef,
    Builtin,
    Bundle,
    FunctionRef,
    InitRef,
    Keyword,
    OpRef,
    Row,
    SharedRef,
    Tensor,
    Unknown,
    Value,
)
from archdsl.graph.dims import Sym
from archdsl.graph.symbols import Var
from archdsl.ops.init import KINDS, Init
from archdsl.ops.types import INT, Kind, Type
from archdsl.source import Span
from archdsl.syntax import ast

Types: TypeAlias = type | tuple[type, ...]

_TYPES: Final[Mapping[str, Types]] = {
    "int": (int, Sym),
    "float": float,
    "bool": bool,
    "str": str,
    "op": (OpRef, BlockRef, SharedRef, Keyword),
    "tensor": (Tensor, Bundle),
    "init": Init,
    "list": tuple,
}
_OF_VALUES: Final[Sequence[tuple[str, Types]]] = (
    *_TYPES.items(),
    ("init", InitRef),
    ("row", Row),
    ("function", (FunctionRef, Builtin)),
)
_OP: Final = Type.named("op")
_LETTERS: Final = 16
"""Of a type in the text; `int | list[int]` is one that is not long."""
_FOREIGN: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "block": "op",
    "layer": "op",
    "func": "op",
    "boolean": "bool",
}


def fit(value: Value, wanted: ast.Type) -> Value:
    """The value converted to the type of a parameter (an int to a float where one is wanted), or ``POISON``."""
    if not wanted.alternatives:
        return value
    if isinstance(value, Unknown | Var):
        return unknown(type_of(value).taken_for(meaning(wanted)), value)
    is_bool = isinstance(value, bool)
    for alternative in wanted.alternatives:
        kind = _TYPES.get(alternative.name)
        if kind is None or not isinstance(value, kind) or (is_bool and alternative.name != "bool"):
            continue
        if alternative.item is None or alternative.name != "list":
            return value
        assert isinstance(value, tuple)
        items = tuple(fit(v, alternative.item) for v in value)
        if not any(v is POISON for v in items):
            return items
    names = {alternative.name for alternative in wanted.alternatives}
    if isinstance(value, int) and not is_bool and "float" in names:
        try:
            return float(value)
        except OverflowError:  # with a limit raised beyond what floats hold
            return POISON
    if isinstance(value, InitRef) and "init" in names:
        return default_init(value)
    return POISON


def meaning(written: ast.Type) -> Type:
    """A declared type, without its source positions."""
    return Type(tuple(Kind(each.name, meaning(each.item) if each.item else None) for each in written.alternatives))


def type_of(value: Value) -> Type:
    """The type of a value. ``POISON``, which may be anything, has a type without alternatives."""
    if isinstance(value, Unknown):
        return value.type
    if isinstance(value, bool):
        return Type.named("bool")
    return Type.named(*(name for name, kind in _OF_VALUES if isinstance(value, kind)))


def unknown(of: Type, like: Value = None) -> Value:
    """An unknown value of a type, ``like`` if it is one already; ``POISON``, which suppresses errors, for no type."""
    if isinstance(like, Unknown | Var) and type_of(like) == of:
        return like
    return Var.some() if of == INT else Unknown(of) if of.alternatives else POISON


def is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown | Var)


def join(one: Value, other: Value) -> Value:
    """The least upper bound of two values."""
    is_alike = type(one) is type(other) and (isinstance(one, Var) or not (holds_unknown(one) or holds_unknown(other)))
    if one is other or (is_alike and one == other):
        return one
    if one is POISON or other is POISON:
        return POISON
    either = type_of(one) | type_of(other)
    return Unknown(either, (*_choices(one), *_choices(other))) if either == _OP else unknown(either)


def holds_unknown(value: Value) -> bool:
    """Whether a value, or an element of a list, is not known."""
    return any(map(holds_unknown, value)) if isinstance(value, tuple) else value is POISON or is_unknown(value)


def _choices(op: Value) -> tuple[Value, ...]:
    return op.choices if isinstance(op, Unknown) else (op,)


def keep_quiet(value: Value, *names: str) -> None:
    """Raises ``Silence`` for an unknown value that may be of one of these types."""
    is_open = value is POISON or (isinstance(value, Tensor) and value.shape is None)
    if is_open or (is_unknown(value) and type_of(value).overlaps(Type.named(*names))):
        raise Silence()


def default_init(ref: InitRef) -> Value:
    """An initialiser named without brackets, if it needs no values."""
    parameters = KINDS[ref.kind]
    if any(default is None for _, default in parameters):
        return POISON
    return Init(kind=ref.kind, values=tuple(default for _, default in parameters if default is not None))


def check_types(params: Sequence[ast.Param]) -> Iterator[Diagnostic]:
    """Diagnostics for the types that a definition declares."""
    for param in params:
        yield from _check(param.type)


def is_known(wanted: ast.Type) -> bool:
    """Whether all alternatives are types of the language; ``check_types`` reports others."""
    return all(
        _is_known(alternative) and (alternative.item is None or is_known(alternative.item))
        for alternative in wanted.alternatives
    )


def _is_known(alternative: ast.TypeName) -> bool:
    return alternative.name in _TYPES and (alternative.item is None or alternative.name == "list")


def width(wanted: ast.Type) -> int:
    """An upper bound on the number of alternatives of a type, from the length of its text."""
    return 1 + (wanted.span.end - wanted.span.start) // _LETTERS


def _check(wanted: ast.Type) -> Iterator[Diagnostic]:
    for alternative in wanted.alternatives:
        if not _is_known(alternative):
            near = closest(alternative.name, _TYPES, _FOREIGN)
            help_ = (f"did you mean `{near[0]}`?",) if near else (f"types are {', '.join(_TYPES)}",)
            span, name = alternative.span, alternative.span.text
            yield codes.UnknownName(
                span=span, name=name, what="type", help=help_, fix=respelt(span, name, near, _FOREIGN)
            )
        elif alternative.item is not None:
            yield from _check(alternative.item)


def usual_cause(value: Value, wanted: str, span: Span) -> tuple[tuple[str, ...], Fix | None]:
    """Help for a value of the wrong type, and a fix if there is one; ``wanted`` describes the right type."""
    text = span.text
    if isinstance(value, Tensor | Bundle):
        return (f"a tensor flows into a step: `{text} -> …`",), None
    is_text = isinstance(value, str)
    choices = re.findall(r'"(\w+)"', wanted)
    if is_text and choices:
        near = closest(value, choices)
        fix = respelt(span, value, near)
        return ((f'did you mean `"{near[0]}"`?',), fix._replace(replacement=f'"{near[0]}"')) if fix else ((), None)
    if is_text and (value in LANGUAGE or re.fullmatch(r"-?\d+(\.\d+)?", value)):
        fix = Fix(span, value, is_safe=True) if text == f'"{value}"' else None
        python = f"; from Python, `archdsl.op({value!r})`" if value in LANGUAGE and fix is None else ""
        return (f"write it without quotes: `{value}`{python}",), fix
    if is_text and re.search(r"\bop\b", wanted) and re.fullmatch(r"[A-Za-z_]\w*", value):
        return (f"a block is named without quotes: `{value}`",), Fix(span, value) if text == f'"{value}"' else None
    if isinstance(value, float) and re.search(r"\bint\b", wanted) and "\n" not in text:
        return (f"`int({text})` cuts the fraction off, `make_divisible({text})` rounds to a multiple of 8",), None
    return (), None
