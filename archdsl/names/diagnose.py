"""Diagnostics for names that are ambiguous, duplicate, unused, or in the wrong style."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue.names import AmbiguousName, NameStyle, ShadowedName, UnusedName
from archdsl.diagnostics.catalogue.syntax import RepeatedName
from archdsl.names.index import Index, Names
from archdsl.names.model import Definition, Kind, Use
from archdsl.names.steps import snake_case
from archdsl.source import Span
from archdsl.syntax import ast

_WORDS: Final[dict[Kind, str]] = {"let": "`let`", "shared": "`shared` line", "keyword": "step"}
"""What kinds are called, if not as they are."""


def ambiguous(use: Use) -> AmbiguousName:
    """The diagnostic for an ambiguous use."""
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
    """The source of the definition with another name."""
    name = snake_case(found.name)
    match found.kind:
        case "tap":
            return f"as {name}_out"
        case "port":
            return f"{name}_in: […]"
        case _:
            return f"{found.kind} own_{name} = …"


def repeated(name: ast.Name, first: Span | None, names: Names | None = None) -> RepeatedName:
    """The diagnostic for a duplicate name, in its declaration or, without ``names``, in its file."""
    help_: tuple[str, ...] = ()
    if names is not None and first is not None and any(names.loops(name.span)):
        inner = [*names.loops(first)]
        if all(body in inner for body in names.loops(name.span)) or not inner:
            help_ = ("what the round before made is what flows in: begin the round with `id as x`",)
        else:
            help_ = (f"the name is taken at line {first.line}: after its loop it is a list of what the rounds tapped",)
    labels = (Label(first, "first defined here"),) if first else ()
    return RepeatedName(span=name.span, what="name", name=name.id, labels=labels, help=help_)


def mistakes(names: Names) -> Iterator[Diagnostic]:
    """The ambiguous and duplicate names in a declaration."""
    yield from map(ambiguous, names.ambiguous)
    yield from (repeated(name, first.span, names) for name, first in names.repeated)


def shadowed(names: Names) -> Iterator[Diagnostic]:
    """The loop variables that shadow a name of their declaration."""
    for name, first in names.shadowed:
        hidden = "variable of a loop around it" if first.kind == "variable" else _WORDS.get(first.kind, first.kind)
        labels = (Label(first.places[0].span, f"the {hidden}"),)
        help_ = (f"another name for the variable keeps both: `{name.id}_2`",)
        yield ShadowedName(span=name.span, name=name.id, hidden=hidden, labels=labels, help=help_)


def unused(index: Index) -> Iterator[Diagnostic]:
    """The unused parameters, ``let`` and ``shared`` lines and imports of a file."""
    for found in index.unused():
        what = found.kind if found.kind in ("parameter", "import") else "name"
        yield UnusedName(span=found.places[0].span, what=what, name=found.name)


def style(index: Index) -> Iterator[Diagnostic]:
    """The declared names that are not in the style of their kind."""
    for declaration in index.module.declarations:
        match declaration:
            case ast.Block() | ast.Variant():
                what = "block" if isinstance(declaration, ast.Block) and not declaration.is_model else "model"
                wanted, fits = "PascalCase", _is_pascal
            case ast.Function() | ast.Let():
                what = "function" if isinstance(declaration, ast.Function) else "name"
                wanted, fits = "snake_case", _is_snake
            case _:
                continue
        name = declaration.name
        if not fits(name.id):
            yield NameStyle(span=name.span, what=what, name=name.id, style=wanted)


def _is_pascal(name: str) -> bool:
    """Letters of any script count; caseless ones are always accepted.

    >>> [_is_pascal(name) for name in ("ConvBN", "Größe", "Блок", "層", "conv", "größe", "Conv_BN")]
    [True, True, True, True, False, False, False]
    """
    return name[0].isalpha() and not name[0].islower() and "_" not in name


def _is_snake(name: str) -> bool:
    """
    >>> [_is_snake(name) for name in ("conv_bn", "_size", "_", "größe", "幅", "convBN", "Größe", "__size")]
    [True, True, True, True, True, False, False, False]
    """
    return name == "_" or (name.removeprefix("_")[:1].isalpha() and name == name.lower())
