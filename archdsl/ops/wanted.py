"""The allowed values of an op's argument in words: for error messages and for the documentation."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from archdsl.ops.base import Wanted
from archdsl.ops.call import number
from archdsl.ops.init import Init

_WORDS: Final[dict[object, str]] = {
    int: "an int",
    float: "a number",
    bool: "a bool",
    str: "a string",
    Init: "an initialiser such as `he_normal`",
}
_BOUNDS: Final = (("gt", "above"), ("ge", "of at least"), ("lt", "below"), ("le", "of at most"))


def wanted(field: FieldInfo) -> str:
    """The words in the field's annotation, or those derived from its type; empty if there are neither.

    >>> from archdsl.ops.registry import OPS
    >>> wanted(OPS["conv"].model_fields["filters"])
    'a positive int'
    >>> wanted(OPS["leaky_relu"].model_fields["slope"])
    'a number of at least 0 and of at most 1'
    """
    return _stated(field.metadata) or _derived(field.annotation, field.metadata)


def _stated(metadata: Any) -> str:
    return next((m.words for m in metadata if isinstance(m, Wanted)), "")


def _derived(annotation: Any, metadata: Any = ()) -> str:
    if get_origin(annotation) is not None and type(None) in get_args(annotation):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return _derived(inner[0]) if len(inner) == 1 else ""
    if words := _stated(getattr(annotation, "__metadata__", ())):
        return words
    if get_origin(annotation) is Literal:
        return " or ".join(f'"{a}"' if isinstance(a, str) else str(a) for a in get_args(annotation))
    base = _WORDS.get(annotation, "")
    bounds = [
        f"{word} {number(value)}"
        for name, word in _BOUNDS
        for m in metadata
        if (value := getattr(m, name, None)) is not None
    ]
    return f"{base} {' and '.join(bounds)}".rstrip() if base else ""
