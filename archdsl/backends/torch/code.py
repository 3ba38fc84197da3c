"""What is written into the file: modules that are made, and expressions over tensors, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union


@dataclass(frozen=True, slots=True)
class Name:
    """Python text in the place of a literal: a parameter, a class, an expression."""

    text: str


Literal: TypeAlias = Union[int, float, bool, str, Name, "tuple[Literal, ...]", None]
Array: TypeAlias = Any
"""Of NumPy."""


@dataclass(frozen=True, slots=True)
class Make:
    """A call that makes a module or a parameter: ``nn.Conv2d(3, 64, 7, stride=2)``.

    Arguments have names, by which parameters of classes are called; the first ``placed`` of them are written without.
    """

    callee: str
    args: tuple[tuple[str, Argument], ...] = ()
    placed: int = 0
    general: Make | None = None
    """What does the same and more: for a class whose other instances need that."""


Argument: TypeAlias = Literal | Make


def make(callee: str, *placed: tuple[str, Argument], **named: Argument) -> Make:
    """
    >>> make("nn.Linear", ("in_features", 4), ("out_features", 2), bias=False).placed
    2
    """
    return Make(callee, (*placed, *named.items()), len(placed))


def sequential(items: Sequence[Make]) -> Make:
    return Make("nn.Sequential", tuple((str(i), item) for i, item in enumerate(items)), len(items))


def parameter(callee: str, *placed: tuple[str, Argument], **named: Argument) -> Make:
    """A learned tensor that is an attribute itself, and how it starts."""
    return make("nn.Parameter", ("data", make(callee, *placed, **named)))


def buffer(data: Make) -> Make:
    """A tensor that goes with the module from device to device, and is in no state dict."""
    return make("nn.Buffer", ("data", data), persistent=False)


@dataclass(frozen=True, slots=True)
class Code:
    """An expression: ``{0}`` and so on stand for its inputs, ``{self}`` for the module, names for ``literals``."""

    template: str
    literals: tuple[tuple[str, Literal], ...] = ()


def code(template: str, **literals: Literal) -> Code:
    return Code(template, tuple(literals.items()))


CALL = Code("{self}({0})")
"""A module that is called."""

Transform: TypeAlias = Callable[[Sequence[Array]], Array]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the module's state dict, and how it is made of the op's weights; without ``sources`` it is a 0."""

    key: str
    """Below the module, such as ``weight``; empty for a parameter that is an attribute itself."""
    sources: tuple[str, ...]
    transform: Transform = field(default=lambda arrays: arrays[0])


def entry(key: str, source: str, transform: Transform | None = None) -> Entry:
    return Entry(key, (source,), transform) if transform else Entry(key, (source,))


def shaped(*shape: int) -> Transform:
    return lambda arrays: arrays[0].reshape(shape)


def ordered(*axes: int) -> Transform:
    return lambda arrays: arrays[0].transpose(axes)


@dataclass(frozen=True, slots=True)
class Lowered:
    """An op at its place: what ``forward`` does, the module that it needs, if it does, and where its weights go."""

    code: Code
    module: Make | None = None
    entries: tuple[Entry, ...] = ()
    helpers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Definitions that the file needs besides, by name, each with the features that are used of it."""


def helped(name: str, *features: str) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(features)}
