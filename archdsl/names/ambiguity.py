"""Names that could mean two things where they are used.

A tap, a port, a ``let`` or a ``shared`` line of a body may share its name with an op, a block, a function, an import or a
``let`` of the file. Where either could be meant, nobody can tell from the line which one is: with ``conv(8) as relu``,
``residual { relu -> conv(8) }`` would start from the tap and leave out an activation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from archdsl.diagnostics import Label
from archdsl.diagnostics.catalogue.names import AmbiguousName
from archdsl.names.model import Definition, Kind, Role, Use
from archdsl.syntax import ast

_STEPS: Final = frozenset[Role]({"start", "step", "call", "value"})
_ALL: Final = _STEPS | {"plain", "dimension"}
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
_WORDS: Final[dict[Kind, str]] = {"let": "`let`", "shared": "`shared` line", "model": "model", "keyword": "step"}
"""What kinds are called in messages, if not as they are."""


def ambiguous(uses: Iterable[Use]) -> tuple[Use, ...]:
    """Those of the uses that could mean something else as well."""
    return tuple(use for use in uses if use.definition is not None and _is_doubtful(use.definition, use.role))


def _is_doubtful(found: Definition, role: Role) -> bool:
    if found.hides is None:
        return False
    hidden = found.hides.origin
    if hidden.kind != "let" and isinstance(found.node, ast.Let) and isinstance(found.node.value, _FIGURES):
        return False  # a number or a string hides nothing where a step is meant
    return role in _POSSIBLE.get(hidden.kind, ())


_FIGURES: Final = (ast.Literal, ast.Binary, ast.Unary, ast.Compare, ast.Logic, ast.Not, ast.ListOf, ast.Comprehension)
"""Expressions whose values are no ops, blocks or functions."""


def diagnose(use: Use) -> AmbiguousName:
    """The diagnostic of a use that is ambiguous."""
    found = use.definition
    assert found is not None and found.hides is not None
    hidden = found.hides
    labels = [Label(found.places[-1].span, f"the {_word(found)}")]
    if hidden.span is not None:
        labels.append(Label(hidden.span, f"the {_word(hidden)}"))
    other = f"{found.name}_out" if found.kind == "tap" else f"own_{found.name}"
    return AmbiguousName(
        span=use.name.span,
        name=found.name,
        first=f"the {_word(found)}",
        second=f"the {_word(hidden)}",
        labels=tuple(labels),
        help=(f"another name for the {_word(found)} says which: `{_rewritten(found, other)}`",),
    )


def _word(definition: Definition) -> str:
    return _WORDS.get(definition.kind, definition.kind)


def _rewritten(found: Definition, name: str) -> str:
    match found.kind:
        case "tap":
            return f"as {name}"
        case "port":
            return f"{name}: […]"
        case _:
            return f"{found.kind} {name} = …"
