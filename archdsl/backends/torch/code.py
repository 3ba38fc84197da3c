"""PyTorch's own concepts besides modules and expressions: parameters, buffers, and entries of state dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archdsl.backends.code.values import Argument, Make, make
from archdsl.backends.code.values import Lowered as Generic

Array: TypeAlias = Any
"""Of NumPy."""


def parameter(callee: str, *placed: tuple[str, Argument], **named: Argument) -> Make:
    """A learned tensor that is an attribute, with its initialisation."""
    return make("nn.Parameter", ("data", make(callee, *placed, **named)))


def buffer(data: Make) -> Make:
    """A non-persistent buffer: it moves with the module between devices, and is in no state dict."""
    return make("nn.Buffer", ("data", data), persistent=False)


Transform: TypeAlias = Callable[[Sequence[Array]], Array]


def rows(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Several arrays concatenated along the first axis."""
    import numpy

    return numpy.concatenate(arrays, axis=axis)


def integers(values: int | Sequence[int]) -> Array:
    import numpy

    return numpy.array(values, "int64")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the module's state dict, and how it is made of the op's weights; a constant without ``sources``."""

    key: str
    """Below the module, such as ``weight``; empty for a parameter that is an attribute itself."""
    sources: tuple[str, ...]
    transform: Transform = field(default=lambda arrays: arrays[0])


def sizes_of(made: Entry, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of an entry that is computed from arrays of these shapes."""
    import numpy

    shape: tuple[int, ...] = made.transform([numpy.empty(shape, "int8") for shape in shapes]).shape
    return shape


def entry(key: str, source: str, transform: Transform | None = None) -> Entry:
    return Entry(key, (source,), transform) if transform else Entry(key, (source,))


def shaped(*shape: int) -> Transform:
    return lambda arrays: arrays[0].reshape(shape)


def ordered(*axes: int) -> Transform:
    return lambda arrays: arrays[0].transpose(axes)


@dataclass(frozen=True, slots=True)
class Lowered(Generic):
    """A lowered op: its expression in ``forward``, the module that it needs, if any, and the entries of its weights."""

    entries: tuple[Entry, ...] = ()
    helpers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Definitions that the file needs besides, by name, each with the features that are used of it."""


def helped(name: str, *features: str) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(features)}
