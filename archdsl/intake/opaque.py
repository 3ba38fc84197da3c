"""Opaque steps: names, arguments and shapes as given by the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.ops.base import Op

_LONGEST: Final = 60
"""Characters of one argument."""
_MOST: Final = 300
"""Characters of all of them."""
_NAME: Final = 200


class Opaque(NamedTuple):
    """The request to write unsupported layers as opaque steps."""

    shapes: Mapping[str, Sequence[int]] = MappingProxyType({})
    """Shapes that the source does not say: by the place of a layer, that of what it gives, in the source's order and
    without the batch. After a dot and a number, that of another of its results."""

    def shape(self, place: str, result: int, *, is_first: bool) -> tuple[int, ...] | None:
        """The shape of a result of a layer, if it was given."""
        names = [place] * is_first + [f"{place}.{result}"]
        return next((tuple(self.shapes[name]) for name in names if name in self.shapes), None)


Asked: TypeAlias = bool | Mapping[str, Sequence[int]]
"""An argument ``opaque``: whether what cannot be read becomes opaque steps, or shapes for these by names of layers."""


def asked(of: Asked) -> Opaque | None:
    """The meaning of an argument ``opaque``: no opaque steps, opaque steps, or these with given shapes."""
    return Opaque(of) if isinstance(of, Mapping) else Opaque() if of else None


def shown(name: str) -> str:
    """The name of a class or an operator as an opaque step has it."""
    return _line(name)[:_NAME] or "unknown"


def in_words(arguments: Mapping[str, Any]) -> str:
    """Arguments as the source gives them, on one line; long ones are cut.

    >>> in_words({"sigma": 1.5, "axes": (1, 2), "mode": "reflect", "bias": None})
    'sigma=1.5, axes=[1, 2], mode=reflect'
    """
    parts = (f"{name}={_cut(_value(value), _LONGEST)}" for name, value in arguments.items() if value is not None)
    return _cut(_line(", ".join(parts)), _MOST)


def not_known(ops: Iterable[Op]) -> str | None:
    """The reason why ops cannot be compared numerically, if one is opaque; otherwise ``None``."""
    count = sum(not op.computes for op in ops)
    return f"what {count} of its steps compute{'s' if count == 1 else ''} is not known" if count else None


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{_listed(f'{name}: {_value(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{_listed(map(_value, value))}]"
    return str(value)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
