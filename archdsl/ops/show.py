"""An op as a reader would write it: the call in the language's syntax, with the arguments that are not defaults."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
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
    arguments = ", ".join(_arguments(op, hide))
    return f"{op.name}({arguments})" if arguments else op.name


def value(of: object) -> str:
    """An argument's value as a literal of the language.

    >>> value((0.00001, True, 'a "b"', None))
    '[1e-5, true, "a \\\\"b\\\\"", none]'
    """
    match of:
        case bool():
            return "true" if of else "false"
        case None:
            return "none"
        case float():
            return re.sub(r"e([+-])0?", lambda exponent: "e" + exponent[1].strip("+"), repr(of))
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in of) + '"'
        case Init():
            return of.kind + (f"({', '.join(map(value, of.values))})" if of.values else "")
        case Op():
            return call(of)
        case list() | tuple():
            return f"[{', '.join(map(value, of))}]"
        case _:
            return str(of)


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
