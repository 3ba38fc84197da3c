"""Ambiguous names.

A tap, a port, a ``let`` or a ``shared`` line of a body may share its name with an op, a block, a function, an import or
a ``let`` of the file. Where either could be meant, nobody can tell from the line which one is: after
``conv(8) as relu``, ``residual { relu -> conv(8) }`` would start from the tap and leave out an activation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from archdsl.names.model import Definition, Kind, Role, Use

_STEPS: Final[frozenset[Role]] = frozenset({"start", "step", "call", "value"})
_ALL: Final[frozenset[Role]] = _STEPS | frozenset[Role]({"plain", "dimension"})
_POSSIBLE: Final[dict[Kind, frozenset[Role]]] = {
    "import": _ALL,
    "let": _ALL,
    "block": _STEPS,
    "model": _STEPS,
    "function": _STEPS,
    "op": _STEPS,
    "keyword": _STEPS,
    "initialiser": frozenset({"call", "value"}),
    "built-in": frozenset({"call"}),
}
"""Where what is hidden could be meant, by its kind."""


def ambiguous(uses: Iterable[Use]) -> tuple[Use, ...]:
    """The uses that have a second possible meaning."""
    return tuple(use for use in uses if use.definition is not None and _is_doubtful(use.definition, use.role))


def _is_doubtful(found: Definition, role: Role) -> bool:
    return found.hides is not None and role in _POSSIBLE.get(found.hides.origin.kind, ())
