"""Values and ops as a spec writes them, exactly: what is shown here reads back as the same value.

Every text that shows a value goes through ``value``: calls in graphs, messages, tables and diagrams. Where a picture
or a note has little room, ``graph.calls.short`` rounds the numbers of such a text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from archdsl.ops.base import Op, Weighted
from archdsl.ops.init import Init

TRAINING: Final = ("init", "bias_init", "l2", "trainable")
"""Arguments that say how an op is trained and not what it computes: left out where the architecture is what counts."""

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def call(op: Op, *, hide: Collection[str] = ()) -> str:
    """The op in the language's syntax, without brackets when every argument has its default.

    Positional arguments that must be given, and the first one, stand without their names; the op's own arguments
    come before those that all weighted ops share. ``hide`` names arguments to leave out, for narrow places.

    >>> from archdsl.ops.convolution import Conv
    >>> call(Conv(filters=64, k=7, stride=2, pad=(3, (2, 3)), bias=False))
    'conv(64, k=7, stride=2, pad=[3, [2, 3]], bias=false)'
    """
    return called(op.name, _arguments(op, hide))


def called(name: str, arguments: Iterable[str]) -> str:
    """A call with arguments that are texts already; the bare name without any.

    >>> called("conv", ["64", "k=3"]), called("relu", [])
    ('conv(64, k=3)', 'relu')
    """
    inside = ", ".join(arguments)
    return f"{name}({inside})" if inside else name


def number(of: int | float) -> str:
    """The shortest text that reads back as the same number.

    >>> number(0.00001), number(1e22), number(0.1), number(2.0), number(25_000)
    ('1e-5', '1e22', '0.1', '2.0', '25000')
    """
    mantissa, e, exponent = repr(of).partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def value(of: object, other: Callable[[object], str] = str) -> str:
    """A value as a literal of the language. ``other`` shows what this package does not know, also within lists.

    >>> value((0.00001, True, 'a "b"', None))
    '[1e-5, true, "a \\\\"b\\\\"", none]'
    """
    match of:
        case bool():
            return "true" if of else "false"
        case None:
            return "none"
        case int() | float():
            return number(of)
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in of) + '"'
        case Init():
            return called(of.kind, map(number, of.values))
        case Op():
            return call(of)
        case list() | tuple():
            return f"[{', '.join(value(each, other) for each in of)}]"
        case _:
            return other(of)


def _arguments(op: Op, hide: Collection[str]) -> Iterator[str]:
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
        yield value(given) if nameless else f"{name}={value(given)}"
