"""Ops as calls: their arguments as values, and as text that parses to the same op."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from archdsl.ops.base import Op, Weighted
from archdsl.ops.call import Argument, Call, Value, text, words
from archdsl.ops.init import STARTS, Init

TRAINING: Final = (*STARTS, "l2", "trainable")
"""Arguments that say how an op is trained and not what it computes: left out where the architecture is what counts."""


def call(op: Op, *, hide: Collection[str] = ()) -> Call:
    """The op as a call with the arguments that are not defaults.

    Positional arguments that must be given, and the first one, stand without their names; the op's own arguments
    come before those that all weighted ops share. ``hide`` names arguments to leave out, for narrow places.

    >>> from archdsl.ops.convolution import Conv
    >>> print(call(Conv(filters=64, k=7, stride=2, pad=(3, (2, 3)), bias=False)))
    conv(64, k=7, stride=2, pad=[3, [2, 3]], bias=false)
    """
    return Call(op.name, tuple(_arguments(op, hide)))


def as_value(of: object, other: Callable[[object], Value] = lambda of: words(str(of))) -> Value:
    """Converts a Python value to an argument value. ``other`` converts unknown types, also within lists.

    >>> as_value([1, Init(kind="truncated_normal", values=(0.02,))])
    (1, Call(callee='truncated_normal', arguments=(Argument(name='', value=0.02, bare=False),)))
    """
    match of:
        case bool() | int() | float() | str() | Call() | None:
            return of
        case Init():
            return Call(of.kind, tuple(Argument("", value) for value in of.values))
        case Op():
            return call(of)
        case list() | tuple():
            return tuple(as_value(each, other) for each in of)
        case _:
            return other(of)


def value(of: object) -> str:
    """A Python value as a literal of the language."""
    return text(as_value(of))


def _arguments(op: Op, hide: Collection[str]) -> Iterator[Argument]:
    fields = type(op).model_fields
    shared = Weighted.model_fields if isinstance(op, Weighted) else {}
    own = [name for name in fields if name not in op.positional and name not in shared]
    nameless = True  # as long as nothing was left out, order alone says which argument it is
    for position, name in enumerate((*op.positional, *own, *shared)):
        if name not in fields:
            continue  # a positional argument that is a tensor: it flows in
        given = getattr(op, name)
        if name in hide or (not fields[name].is_required() and given == fields[name].default):
            nameless = False
            continue
        nameless &= name in op.positional and (position == 0 or fields[name].is_required())
        yield Argument(name, as_value(given), bare=nameless)
