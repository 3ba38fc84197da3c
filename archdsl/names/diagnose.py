"""The diagnostics of names that mean two things, or are given twice."""

from __future__ import annotations

from typing import Final

from archdsl.diagnostics import Label
from archdsl.diagnostics.catalogue.names import AmbiguousName
from archdsl.diagnostics.catalogue.syntax import RepeatedName
from archdsl.names.index import Names
from archdsl.names.model import Definition, Kind, Use
from archdsl.names.steps import snake_case
from archdsl.source import Span
from archdsl.syntax import ast

_WORDS: Final[dict[Kind, str]] = {"let": "`let`", "shared": "`shared` line", "keyword": "step"}
"""What kinds are called, if not as they are."""


def ambiguous(use: Use) -> AmbiguousName:
    """The diagnostic of a use that could mean two things."""
    found = use.definition
    assert found is not None
    assert found.hides is not None
    hidden = found.hides
    own, other = _WORDS.get(found.kind, found.kind), _WORDS.get(hidden.kind, hidden.kind)
    first = "`let` of the body" if found.kind == "let" else own
    second = "`let` of the file" if hidden.kind == "let" else other
    labels = tuple(
        Label(span, f"the {word}") for word, span in ((first, found.places[-1].span), (second, hidden.span)) if span
    )
    return AmbiguousName(
        span=use.name.span,
        name=found.name,
        first=f"the {first}",
        second=f"the {second}",
        labels=labels,
        help=(f"another name for the {own} says which: `{_renamed(found)}`",),
    )


def _renamed(found: Definition) -> str:
    """The definition with another name, as it would be written."""
    name = snake_case(found.name)
    match found.kind:
        case "tap":
            return f"as {name}_out"
        case "port":
            return f"{name}_in: […]"
        case _:
            return f"{found.kind} own_{name} = …"


def repeated(name: ast.Name, first: Span | None, names: Names | None = None) -> RepeatedName:
    """The diagnostic of a name that has a meaning already, in its declaration or, without ``names``, in its file."""
    help_: tuple[str, ...] = ()
    if names is not None and first is not None and any(names.loops(name.span)):
        inner = [*names.loops(first)]
        if all(body in inner for body in names.loops(name.span)) or not inner:
            help_ = ("what the round before made is what flows in: begin the round with `id as x`",)
        else:
            help_ = (f"the name is taken at line {first.line}: after its loop it is a list of what the rounds tapped",)
    labels = (Label(first, "first defined here"),) if first else ()
    return RepeatedName(span=name.span, what="name", name=name.id, labels=labels, help=help_)
