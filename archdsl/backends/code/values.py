"""The code that is generated: calls that make modules, and expressions over tensors, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union


@dataclass(frozen=True, slots=True)
class Name:
    """Python source in the place of a literal: a parameter, a class, an expression."""

    text: str


Literal: TypeAlias = Union[int, float, bool, str, Name, "tuple[Literal, ...]", None]


@dataclass(frozen=True, slots=True)
class Make:
    """A call that makes a module or a parameter: ``nn.Conv2d(3, 64, 7, stride=2)``.

    Arguments have names, by which parameters of classes are called; the first ``placed`` of them are written without.
    """

    callee: str
    args: tuple[tuple[str, Argument], ...] = ()
    placed: int = 0
    general: Make | None = None
    """A more general equivalent: for a class whose other instances need it."""
    path: str = ""
    """Where it is in what has it, for a dialect that names modules by their paths. ``{i}`` is its place in a list."""


Argument: TypeAlias = Literal | Make


SEQUENCE, LIST = "*sequence", "*list"
"""Callees of modules that are called one after another, and of those that are called one by one."""
DICT, ORDERED = "*dict", "*ordered"
"""Callees of modules by their names: of those that are called one by one, and of the parts of a sequence."""


def make(callee: str, *placed: tuple[str, Argument], **named: Argument) -> Make:
    """
    >>> make("nn.Linear", ("in_features", 4), ("out_features", 2), bias=False).placed
    2
    """
    return Make(callee, (*placed, *named.items()), len(placed))


def sequential(items: Sequence[Make]) -> Make:
    return Make(SEQUENCE, tuple((str(i), item) for i, item in enumerate(items)), len(items))


@dataclass(frozen=True, slots=True)
class Code:
    """An expression template: ``{0}`` and so on are its inputs, ``{self}`` is the module, names are ``literals``."""

    template: str
    literals: tuple[tuple[str, Literal], ...] = ()


def code(template: str, **literals: Literal) -> Code:
    return Code(template, tuple(literals.items()))


CALL = Code("{self}({0})")
"""A module that is called."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A lowered op: the expression of its result, and the module that it needs, if any."""

    code: Code
    module: Make | None = None
