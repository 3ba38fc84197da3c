"""The AST: frozen values, each with its source span.

Nothing is resolved here. Numbers keep their spelling in their span, an expression's span includes its brackets, and
comments stay in ``Module.comments``. What was written to the last blank is in ``syntax/tree.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeAlias, dataclass_transform

from archdsl.source import SourceFile, Span

LATE: Final = "late"
"""What stands in a node in place of its fields until the first of them is asked for: a function that makes them."""


@dataclass_transform(frozen_default=True)
class _Record:
    """A subclass declares fields like a dataclass, and is frozen like one.

    It is no dataclass because making fifty of those takes 20 ms, a tenth of what a check may take in all.
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = (*cls.fields, *cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self.fields, values, strict=False), **named)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.fields)})"

    def replaced(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        return type(self)(**{name: changes[name] if name in changes else getattr(self, name) for name in self.fields})


class Node(_Record):
    """Base of the tree; every node has a span."""

    span: Span

    if not TYPE_CHECKING:  # lest every name is an attribute of every node to a type checker

        def __getattr__(self, name: str) -> Any:
            """A field of a node that has none yet: all of them are made."""
            make = self.__dict__.pop(LATE, None)
            if make is None:
                raise AttributeError(f"{type(self).__name__} has no {name}", name=name, obj=self)
            self.__dict__.update(make())
            return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, n) == getattr(other, n) for n in self.fields)

    def __hash__(self) -> int:
        return hash((type(self), self.span))


class Broken(Node):
    """Text that could not be parsed, in place of an expression, a step, a statement or a dimension.

    The parser has reported it, so that whatever depends on it keeps quiet.
    """

    names: tuple[str, ...]
    """The words in it, some of which it might have defined."""


# --- expressions ------------------------------------------------------------------------------------------------------


class Name(Node):
    id: str


class Literal(Node):
    """A number, string or truth value; ``span.text`` is its source (``4.1G``)."""

    value: int | float | str | bool


class Spread(Node):
    """``...c``: the elements of a list, spliced in."""

    value: Expr


class ListOf(Node):
    items: tuple[Expr | Spread, ...]


class Clause(Node):
    """``for x in list if condition``, of a comprehension."""

    targets: tuple[Name, ...]
    iterable: Expr
    condition: Expr | None


class Comprehension(Node):
    """``[x for row in rows for x in row]``; the last clause is the innermost loop."""

    element: Expr | Spread
    clauses: tuple[Clause, ...]


class Table(Node):
    rows: tuple[tuple[Expr, ...], ...]
    """Every row as written; the first holds the column names."""


class Conditional(Node):
    then: Expr
    condition: Expr
    otherwise: Expr


class Logic(Node):
    operator: str  # "and" | "or"
    left: Expr
    right: Expr


class Not(Node):
    value: Expr


class Compare(Node):
    """A chain as in Python: ``a < b <= c`` has two operators and three operands. ``~=`` stands alone."""

    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


class Binary(Node):
    operator: str
    left: Expr
    right: Expr


class Unary(Node):
    operator: str
    value: Expr


class Argument(Node):
    """``3``, ``k=3`` or ``...values``."""

    name: Name | None
    value: Expr
    spread: bool = False


class Call(Node):
    callee: Expr
    arguments: tuple[Argument, ...]


class Field(Node):
    value: Expr
    name: Name


class Slice(Node):
    start: Expr | None
    stop: Expr | None
    step: Expr | None


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
    | Broken
)


# --- shapes and signatures --------------------------------------------------------------------------------------------


class Unknown(Node):
    """``?``: a dimension known only when the model runs."""


class Rest(Node):
    """``...``: any number of leading dimensions."""


class ShapeOf(Node):
    dims: tuple[Expr | Unknown | Rest, ...]


class Port(Node):
    """``x: [h, w, c]``; one of the tensors of ``x: [[h, w, c], [h / 2, w / 2, c]]``; or ``x: ...[h, w, c]``, a list."""

    name: Name | None
    shape: ShapeOf
    index: int | None
    """Of a tensor in a list, its number."""
    is_open: bool
    """Whether the list may have any number of tensors; an ``index`` makes it one of them."""

    @property
    def key(self) -> str:
        """The name of the flowing tensor: the port's, with the index; empty without a name."""
        return (self.name.id if self.name else "") + ("" if self.index is None else f".{self.index}")


class Signature(Node):
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


class TypeName(Node):
    name: str
    item: Type | None


class Type(Node):
    """``int``, ``list[int]`` or ``int | str``; without alternatives if it could not be parsed."""

    alternatives: tuple[TypeName, ...]


class Param(Node):
    name: Name
    type: Type
    domain: Expr | None
    """The list of the values that it may have."""
    default: Expr | None


# --- flows ------------------------------------------------------------------------------------------------------------


class Several(Node):
    """``...if same { norm }`` or ``...for r in rates { conv(dilation=r) }``: one branch for each iteration of the step.

    Of a condition there is one branch, or none if no side is taken.
    """

    step: Choose | Each | Repeat


class Branch(Node):
    label: Name | None
    flow: Flow | Spread | Several


class Apply(Node):
    """``conv(64, k=3)``, ``relu``, ``c3``, ``add { … }``: the kind depends on what ``target`` names."""

    target: Expr
    arguments: tuple[Argument, ...] | None
    branches: tuple[Branch, ...] | None


class Choose(Node):
    condition: Expr
    then: Body
    otherwise: Body | None


class Each(Node):
    targets: tuple[Name, ...]
    iterable: Expr
    body: Body


class Repeat(Node):
    count: Expr
    index: Name | None
    body: Body


class Nest(Node):
    body: Body


class Send(Node):
    """``ports { logits: …  boxes: … }``."""

    branches: tuple[Branch, ...]


class Tap(Node):
    step: Step
    name: Name


class Claim(Node):
    step: Step
    shape: ShapeOf


Step: TypeAlias = Apply | Choose | Each | Repeat | Nest | Send | Tap | Claim | Broken


class Flow(Node):
    steps: tuple[Step, ...]


class Body(Node):
    statements: tuple[Let | Shared | Broken, ...]
    about: About | None
    flow: Flow | None


# --- declarations -----------------------------------------------------------------------------------------------------


class ImportName(Node):
    name: Name
    alias: Name | None


class Import(Node):
    module: str
    """``std.conv``, or the path in quotes relative to the importing file."""
    is_path: bool
    names: tuple[ImportName, ...]
    place: Span
    """Of the module's name."""


class Let(Node):
    name: Name
    value: Expr


class Shared(Node):
    name: Name
    value: Expr


class About(Node):
    entries: tuple[Argument, ...]


class Function(Node):
    name: Name
    params: tuple[Param, ...]
    statements: tuple[Let | Broken, ...]
    value: Expr
    doc: str = ""


class Block(Node):
    """A ``block`` or, with ``is_model``, a ``model`` that has a body."""

    name: Name
    params: tuple[Param, ...]
    conditions: tuple[Expr, ...]
    """What must hold of the values of the parameters."""
    signature: Signature | None
    body: Body
    is_model: bool
    doc: str = ""


class Variant(Node):
    name: Name
    value: Expr
    about: About | None
    doc: str = ""


class Check(Node):
    subject: Expr
    signature: Signature | None
    conditions: tuple[Expr, ...]


Declaration: TypeAlias = Import | Let | Function | Block | Variant | Check


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
    """Names that are defined in text that could not be read: known, but without a meaning."""
    doubtful: tuple[Span, ...] = ()
    """Spans of repaired text: further errors there may follow from the repair."""
