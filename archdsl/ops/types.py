"""The types of arguments: of ops from their pydantic fields, of blocks and functions by their names in the language."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from archdsl.graph.dims import Sym
from archdsl.ops.base import Op
from archdsl.ops.init import Init

NAMES: Final = ("int", "float", "bool", "str", "op", "tensor", "init", "list")
"""Those that a parameter may have. Values of other types, ``row`` and ``function``, come of tables and definitions."""


class Kind(NamedTuple):
    """One type: ``int``, or ``list[int]`` with an ``item``."""

    name: str
    item: Type | None = None
    choices: tuple[str, ...] = ()
    """The strings that it may be, where not any may."""


class Type(NamedTuple):
    """A union type: a value has any of several types.

    >>> str(Type.named("int", "float")), INT.overlaps(Type.named("float")), INT.overlaps(Type.named("bool", "str"))
    ('int | float', True, False)
    """

    alternatives: tuple[Kind, ...]

    @classmethod
    def named(cls, *names: str) -> Type:
        return cls(tuple(map(Kind, names)))

    @classmethod
    def list_of(cls, item: Type | None) -> Type:
        return cls((Kind("list", item),))

    def __str__(self) -> str:
        return " | ".join(f"list[{kind.item}]" if kind.item else kind.name for kind in self.alternatives)

    def overlaps(self, wanted: Type) -> bool:
        """Whether some value of this type is accepted for ``wanted``: an int is accepted for a float."""
        return bool(self.taken_for(wanted).alternatives)

    def taken_for(self, wanted: Type) -> Type:
        """The part of this type that is accepted for ``wanted``, converted to it."""
        names = {kind.name for kind in wanted.alternatives}
        kept = (
            kind if kind.name in names else Kind("float")
            for kind in self.alternatives
            if kind.name in names or (kind.name == "int" and "float" in names)
        )
        return Type(tuple(dict.fromkeys(kept)))

    def __or__(self, other: Type) -> Type:
        return Type(tuple(dict.fromkeys((*self.alternatives, *other.alternatives))))

    @property
    def item(self) -> Type | None:
        """The type of the elements, if it is known and the value is a list."""
        return self.alternatives[0].item if len(self.alternatives) == 1 else None


INT: Final = Type.named("int")
_PLAIN: Final[dict[object, str]] = {int: "int", float: "float", bool: "bool", str: "str", Init: "init", Sym: "int"}


@cache
def parameters(op: type[Op]) -> dict[str, Type]:
    """The types of an op's arguments, by their names."""
    found = {name: of(field.annotation) for name, field in op.model_fields.items()}
    return found | {name: Type.named("tensor") for name in op.tensors}


def of(annotation: Any) -> Type:
    """The type of an annotated field.

    >>> str(of(int | tuple[int, ...] | None)), str(of(Literal["same", "valid"]))
    ('int | list[int]', 'str')
    """
    if annotation is NoneType:
        return Type(())
    if annotation in _PLAIN:
        return Type.named(_PLAIN[annotation])
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return of(inner[0])
    if origin is Literal:
        return Type((Kind("str", choices=inner),))
    if origin is tuple:
        return Type.list_of(_any(inner))
    assert origin in (Union, UnionType), annotation
    return _any(inner)


def _any(annotations: tuple[Any, ...]) -> Type:
    found = Type(())
    for annotation in annotations:
        if annotation is not Ellipsis:
            found |= of(annotation)
    return found
