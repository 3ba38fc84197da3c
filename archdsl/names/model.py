"""Definitions and uses of names."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from archdsl.source import Span
from archdsl.syntax import ast

Kind: TypeAlias = Literal[
    "import", "let", "function", "block", "model", "lost",  # of a file
    "parameter", "dimension", "port", "shared", "variable", "tap",  # of a declaration, beside ``let``
    "op", "initialiser", "keyword", "built-in", "figure",  # of the language
]  # fmt: skip

TENSORS: Final = frozenset({"tap", "port"})
"""Kinds of definitions that are always tensors, or lists of them."""

Role: TypeAlias = Literal["start", "step", "call", "value", "plain", "tensor", "dimension"]
"""How a name is used: bare as the first step of a flow, or further on; called, or with branches; as an expression; as
one that is no op, block or function for certain, or a tensor for certain; or as a dimension."""


class Definition:
    """The definition of a name. Two uses have the same meaning if they have the same object."""

    __slots__ = ("hides", "kind", "name", "node", "places", "target", "until")

    def __init__(self, name: str, kind: Kind, node: ast.Node | None = None, place: ast.Name | None = None) -> None:
        self.name = name
        self.kind: Kind = kind
        self.node = node
        """What was read: the declaration, the ``Param``, ``Let``, ``Tap``, the loop, the ``Port``."""
        self.places = [place] if place else []
        """Where it is given, in the order of the text: a tap may be in each side of an ``if``; nothing for the
        language's own."""
        self.until = 0
        """Where what it is known in ends: the offset behind the body, loop or declaration."""
        self.target: Definition | None = None
        """Of an import, after linking: what the other file declares."""
        self.hides: Definition | None = None
        """What of the file or the language the name would mean without it."""

    def __repr__(self) -> str:
        return f"{self.kind} `{self.name}`"

    @property
    def span(self) -> Span | None:
        """The first place where it is written."""
        return self.places[0].span if self.places else None

    @property
    def origin(self) -> Definition:
        """The definition itself or, for a linked import, the one in the other file."""
        return self.target or self


class Use(NamedTuple):
    """A use of a name, with its definition: ``None`` if it cannot be known."""

    name: ast.Name
    role: Role
    definition: Definition | None


class Label(NamedTuple):
    """A branch's name, which no expression can use."""

    name: ast.Name
    step: ast.Apply | ast.Send


class Repeat(NamedTuple):
    """A name that is defined again."""

    name: ast.Name
    first: Definition


class Found:
    """The names found in one declaration, in text order."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.uses: list[Use] = []
        self.taps: list[ast.Name] = []
        self.labels: list[Label] = []
        self.loops: list[Span] = []
        """Bodies of loops."""
        self.repeated: list[Repeat] = []
        """Names that are given twice whatever conditions hold."""
        self.shadowed: list[Repeat] = []
        """Variables of loops that hide a name of the declaration."""
