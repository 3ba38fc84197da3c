"""Compile-time values besides Python's numbers, strings, truth values and tuples (the language's lists)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.diagnostics import Label
from archdsl.elaborate.module import Module
from archdsl.graph.dims import Shape, Sym
from archdsl.graph.dims import show as show_shape
from archdsl.graph.symbols import Var
from archdsl.ops import call as called
from archdsl.ops.base import Op
from archdsl.ops.call import Argument, Call, text, words
from archdsl.ops.show import as_value
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast


class Poison:
    """The value of an expression that failed and was reported; errors that depend on it are suppressed."""

    def __repr__(self) -> str:
        return "nothing"


POISON: Final = Poison()


class Unknown:
    """An unknown value of a type: a parameter while its definition is checked without a call. An int is a ``Var``."""

    __slots__ = ("choices", "type")

    def __init__(self, type_: Type, choices: tuple[Value, ...] = ()) -> None:
        self.type = type_
        self.choices = choices
        """For an unknown op, the possible ones."""

    def __bool__(self) -> bool:
        raise TypeError("nobody knows")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise TypeError("nobody knows")

    __hash__ = object.__hash__


class Given(NamedTuple):
    """An argument's value and where it was written."""

    value: Value
    span: Span
    cell: Span | None = None
    """The cell of a table that it was taken from."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """A label at the origin of the value, if that is not the argument itself."""
        return (Label(self.cell, f"`{self.span.text}` in this row"),) if self.cell else ()


@dataclass(frozen=True)
class Tensor:
    """A value in the assembly of one block instance; ``shape`` is ``None`` when an error hides it."""

    ref: int
    shape: Shape | None

    def __repr__(self) -> str:
        return f"a tensor {show_shape(self.shape)}" if self.shape is not None else "a tensor"


@dataclass(frozen=True)
class Bundle:
    """Several named tensors that flow together; those of a list are called ``maps.0``, ``maps.1``."""

    tensors: Mapping[str, Tensor]

    @property
    def fields(self) -> dict[str, Value]:
        """The tensors and the lists by their names."""
        found: dict[str, Value] = {}
        for key, tensor in self.tensors.items():
            name = group_of(key)
            if key.endswith(ANY_NUMBER):
                found[name] = Unknown(_TENSORS)
            else:
                found[name] = tensor if name == key else (*found.get(name, ()), tensor)
        return found


ANY_NUMBER: Final = ".*"
"""The suffix of a tensor that represents a list of unknown length."""
_TENSORS: Final = Type.list_of(Type.named("tensor"))


def group_of(key: str) -> str:
    """The list that a tensor belongs to, or its own name.

    >>> group_of("maps.0"), group_of("maps")
    ('maps', 'maps')
    """
    return key.partition(".")[0]


Result: TypeAlias = Tensor | Bundle
"""What flows: one tensor, or several with names."""


@dataclass(frozen=True)
class Row:
    """A row of a table."""

    fields: Mapping[str, Value]
    cells: Mapping[str, Span] = field(default_factory=dict, compare=False)
    """Where each field is written."""


@dataclass(frozen=True)
class OpRef:
    """An op with the arguments bound so far."""

    op: type[Op]
    arguments: Mapping[str, Given] = field(default_factory=dict)
    joined: tuple[Given, ...] = ()
    """Tensors that a joining op was given: ``concat(c3)``."""


@dataclass(frozen=True)
class BlockRef:
    """A block or model with the arguments bound so far. ``name`` is a variant's if it came from one."""

    decl: ast.Block
    module: Module
    arguments: Mapping[str, Given] = field(default_factory=dict)
    name: str = ""
    own: Mapping[str, Given] = field(default_factory=dict)
    """Arguments that the variant brings along: its name says them."""
    about: ast.About | None = None
    doc: str = ""


def nesting(ref: BlockRef) -> tuple[int, int]:
    """How deep a block is nested within its own arguments, and the number of parts examined.

    In a loop, and each part only where it lies deeper than before, as parts may be shared.
    """
    deepest: dict[int, int] = {}
    left: list[tuple[Value, int]] = [(ref, 0)]
    while left:
        value, level = left.pop()
        if not isinstance(value, tuple | BlockRef) or deepest.get(id(value), -1) >= level:
            continue
        deepest[id(value)] = level
        if isinstance(value, tuple):
            left += [(part, level + (isinstance(part, BlockRef) and part.decl is ref.decl)) for part in value]
        else:
            inner = [given.value for given in value.arguments.values()]
            left += [(v, level + (isinstance(v, BlockRef) and v.decl is ref.decl)) for v in inner]
    return max(deepest.values()), len(deepest)


@dataclass(frozen=True)
class FunctionRef:
    """A function of the spec; with arguments, a call of it."""

    decl: ast.Function
    module: Module
    arguments: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True)
class InitRef:
    """The name of an initialiser, before its brackets."""

    kind: str


class Slot:
    """Identity of one ``shared`` line; see ``template.flatten`` for how uses find each other's weights."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class SharedRef:
    """An op or block whose every use has the same weights."""

    slot: Slot
    target: OpRef | BlockRef


@dataclass(frozen=True)
class Keyword:
    """``id``, ``residual`` and ``float32``: steps that are neither op nor block."""

    name: str


@dataclass(frozen=True)
class Builtin:
    """A built-in function; ``name`` finds it in ``builtins.FUNCTIONS``."""

    name: str


Value: TypeAlias = Any
"""int, float, bool, str, tuple, Sym, Init, Unknown, or one of the classes above. Every consumer checks what it got."""


def is_number(value: Value) -> bool:
    """Whether a value is a number, or a list of numbers."""
    if isinstance(value, tuple):
        return bool(value) and all(map(is_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def describe(value: Value) -> str:
    """A value in words for an error message: ``the string "same"``, ``3``, ``block `Bottleneck```."""
    match value:
        case str():
            return f"the string {show_value(value)}"
        case Poison() | Tensor():
            return repr(value)
        case Unknown():
            return " or ".join(_WORDS[kind.name] for kind in value.type.alternatives)
        case Var():
            return f"the int `{value}`"
        case Sym():
            return f"the run-time size `{value}`"
        case Bundle():
            return f"the tensors {', '.join(value.fields)}"
        case Row():
            return "a row of a table"
        case OpRef():
            return f"op `{value.op.name}`"
        case BlockRef():
            return f"{'model' if value.decl.is_model else 'block'} `{name_of(value)}`"
        case FunctionRef():
            return f"function `{value.decl.name.id}`"
        case Builtin():
            return f"function `{value.name}`"
        case InitRef():
            return f"initialiser `{value.kind}`"
        case Keyword():
            return f"`{value.name}`"
        case SharedRef():
            return f"shared `{value.slot.name}`"
        case tuple() if any(isinstance(v, Tensor) for v in value):
            return f"a list of {len(value)} tensors"
        case tuple() if len(value) > 8:
            return f"a list of {len(value)}"
        case _:
            return show_value(value)


_WORDS: Final = {
    "int": "an int",
    "float": "a number",
    "bool": "a bool",
    "str": "a string",
    "list": "a list",
    "op": "an op or block",
    "tensor": "a tensor",
    "init": "an initialiser",
    "row": "a row of a table",
    "function": "a function",
}


def name_of(ref: BlockRef | FunctionRef) -> str:
    """The name of a block, a variant or a function."""
    return (ref.name if isinstance(ref, BlockRef) else "") or ref.decl.name.id


def without(ref: BlockRef, names: Collection[str]) -> BlockRef:
    """A block without some of its arguments; those bound by its variant stay."""
    left = {name: given for name, given in ref.arguments.items() if name not in names or name in ref.own}
    return replace(ref, arguments=left)


def show_value(value: Value) -> str:
    """A value as source text; values without a literal form, such as a tensor, as words."""
    return text(constant(value))


def constant(value: Value) -> called.Value:
    """A value in the form that calls in graphs store; values without a literal form, such as a tensor, are words."""
    return as_value(value, _other)


def call_of(ref: BlockRef) -> Call:
    """A block with the arguments that its variant does not bind."""
    fresh = {name: given for name, given in ref.arguments.items() if given != ref.own.get(name)}
    return _call(name_of(ref), (p.name.id for p in ref.decl.params if p.name.id not in ref.own), fresh)


def _other(value: Value) -> called.Value:
    match value:
        case OpRef():
            return _call(value.op.name, value.op.positional, value.arguments)
        case BlockRef():
            return call_of(value)
        case FunctionRef():
            return _call(value.decl.name.id, (p.name.id for p in value.decl.params), value.arguments)
        case Row():
            return Call("", tuple(Argument(name, constant(field)) for name, field in value.fields.items()))
        case Sym():
            return words(str(value))
        case SharedRef():
            return words(value.slot.name)
        case Builtin() | Keyword():
            return words(value.name)
        case InitRef():
            return words(value.kind)
        case Tensor() if value.shape is not None:
            return words(show_shape(value.shape))
        case _:
            return words(describe(value))


def _call(name: str, positional: Iterable[str], arguments: Mapping[str, Given]) -> Call:
    """``Bottleneck(128, stride=2)``: the first parameter's value stands first and bare, if it was given."""
    first = next(iter(positional), "")
    order = sorted(arguments, key=lambda key: key != first)
    return Call(name, tuple(Argument(key, constant(arguments[key].value), bare=key == first) for key in order))
