"""The syntax tree: frozen values, each with the span it was read from.

Nothing is resolved here. Numbers keep their spelling in their span, comments stay in ``Module.comments``, and blank
lines in the source, so that a formatter has everything a writer wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from archdsl.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


# --- expressions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name(Node):
    id: str


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string or truth value; ``span.text`` is how it was written (``4.1G``)."""

    value: int | float | str | bool


@dataclass(frozen=True, slots=True)
class Spread(Node):
    """``...c``: the elements of a list in place of one."""

    value: Expr


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Expr | Spread, ...]


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    element: Expr
    targets: tuple[Name, ...]
    iterable: Expr
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class Table(Node):
    rows: tuple[tuple[Expr, ...], ...]
    """Every row as written; the first holds the column names."""


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: str  # "and" | "or"
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Not(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """A chain as in Python: ``a < b <= c`` has two operators and three operands. ``~=`` stands alone."""

    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """``3``, ``k=3`` or ``...values``."""

    name: Name | None
    value: Expr
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Call(Node):
    callee: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Field(Node):
    value: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Slice(Node):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Item(Node):
    value: Expr
    index: Expr | Slice


Expr: TypeAlias = (
    Name
    | Literal
    | ListOf
    | Comprehension
    | Table
    | Conditional
    | Logic
    | Not
    | Compare
    | Binary
    | Unary
    | Call
    | Field
    | Item
)


# --- shapes and signatures --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown(Node):
    """``?``: a dimension known only when the model runs."""


@dataclass(frozen=True, slots=True)
class Rest(Node):
    """``...``: any number of leading dimensions."""


@dataclass(frozen=True, slots=True)
class ShapeOf(Node):
    dims: tuple[Expr | Unknown | Rest, ...]


@dataclass(frozen=True, slots=True)
class Port(Node):
    name: Name | None
    shape: ShapeOf


@dataclass(frozen=True, slots=True)
class Signature(Node):
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    name: str
    item: Type | None


@dataclass(frozen=True, slots=True)
class Type(Node):
    """``int``, ``list[int]`` or ``int | str``."""

    alternatives: tuple[TypeName, ...]


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Name
    type: Type
    default: Expr | None


# --- flows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch(Node):
    label: Name | None
    flow: Flow | Spread


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """``conv(64, k=3)``, ``relu``, ``c3``, ``add { … }``: what ``target`` names decides which."""

    target: Expr
    arguments: tuple[Argument, ...] | None
    branches: tuple[Branch, ...] | None


@dataclass(frozen=True, slots=True)
class Choose(Node):
    condition: Expr
    then: Body
    otherwise: Body | None


@dataclass(frozen=True, slots=True)
class Each(Node):
    targets: tuple[Name, ...]
    iterable: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    count: Expr
    index: Name | None
    body: Body


@dataclass(frozen=True, slots=True)
class Nest(Node):
    body: Body


@dataclass(frozen=True, slots=True)
class Send(Node):
    """``ports { logits: …  boxes: … }``."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Tap(Node):
    step: Step
    name: Name


@dataclass(frozen=True, slots=True)
class Claim(Node):
    step: Step
    shape: ShapeOf


Step: TypeAlias = Apply | Choose | Each | Repeat | Nest | Send | Tap | Claim


@dataclass(frozen=True, slots=True)
class Flow(Node):
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Body(Node):
    statements: tuple[Let | Shared, ...]
    about: About | None
    flow: Flow | None


# --- declarations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportName(Node):
    name: Name
    alias: Name | None


@dataclass(frozen=True, slots=True)
class Import(Node):
    module: str
    """``std.conv``, or the path in quotes relative to the importing file."""
    is_path: bool
    names: tuple[ImportName, ...]


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Shared(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class About(Node):
    entries: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Function(Node):
    name: Name
    params: tuple[Param, ...]
    value: Expr
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Block(Node):
    """A ``block`` or, with ``is_model``, a ``model`` that has a body."""

    name: Name
    params: tuple[Param, ...]
    signature: Signature | None
    body: Body
    is_model: bool
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Variant(Node):
    name: Name
    value: Expr
    about: About | None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Check(Node):
    subject: Expr
    signature: Signature | None
    conditions: tuple[Expr, ...]


Declaration: TypeAlias = Import | Let | Function | Block | Variant | Check


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """``# …`` or, with ``is_doc``, ``## …``; ``text`` is without the marks."""

    text: str
    is_doc: bool


@dataclass(frozen=True, slots=True)
class Module:
    source: SourceFile
    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...]
    broken: frozenset[str] = frozenset()
    """Names whose declarations did not parse: known, but without a meaning."""
