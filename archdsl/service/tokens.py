"""Semantic tokens: the kind of each word and mark, by its definition if it is known, else by its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from archdsl.names import Definition
from archdsl.service.analysis import Analysis
from archdsl.service.nodes import below
from archdsl.syntax import ast, tables
from archdsl.syntax.tokens import Token

KINDS: Final = (
    "namespace", "type", "class", "parameter", "variable", "property", "enumMember", "function", "keyword", "comment",
    "string", "number", "operator", "macro",
)  # fmt: skip
"""The names of the protocol for what words are."""
MODIFIERS: Final = ("declaration", "readonly", "defaultLibrary", "documentation")
_OF_DEFINITIONS: Final = {
    "block": "class", "model": "class", "function": "function", "let": "variable", "parameter": "parameter",
    "dimension": "variable", "port": "parameter", "shared": "variable", "variable": "variable", "tap": "variable",
    "op": "function", "initialiser": "function", "keyword": "macro", "built-in": "function", "figure": "property",
    "import": "variable", "lost": "variable",
}  # fmt: skip
_LANGUAGE: Final = frozenset({"op", "initialiser", "keyword", "built-in", "figure"})
_OPERATORS: Final = frozenset(
    {"ARROW", "DOUBLE_COLON", "ELLIPSIS", "QUESTION", "PIPE", "EQUAL", "APPROX", "COMPARE", "PLUS", "MINUS", "STAR"}
    | {"POWER", "SLASH", "DOUBLE_SLASH", "PERCENT"}
)


class Coloured(NamedTuple):
    """A token on one line."""

    start: int
    end: int
    kind: str
    modifiers: frozenset[str] = frozenset()


def coloured(analysis: Analysis) -> tuple[Coloured, ...]:
    """The tokens in text order; those without a colour are left out."""
    meant = _meant(analysis)
    found = [each for token in analysis.lexed.tokens for each in _token(token, meant)]
    found += [
        Coloured(c.start, c.end, "comment", frozenset({"documentation"} if c.type == "DOC" else ()))
        for c in analysis.lexed.comments
    ]
    return tuple(sorted(found))


def _token(token: Token, meant: Mapping[int, tuple[str, frozenset[str]]]) -> Iterator[Coloured]:
    kind = token.type
    if kind == "NAME":
        word, modifiers = meant.get(token.start, ("", frozenset()))
        if word:
            yield Coloured(token.start, token.end, word, modifiers)
    elif kind in tables.load().keywords.values():
        yield Coloured(token.start, token.end, "keyword")
    elif kind in ("INTEGER", "DECIMAL"):
        yield Coloured(token.start, token.end, "number")
    elif kind == "STRING":
        start = token.start
        for line in token.text.splitlines(keepends=True):
            yield Coloured(start, start + len(line.rstrip("\r\n")), "string")
            start += len(line)
    elif kind in _OPERATORS:
        yield Coloured(token.start, token.end, "operator")


def _meant(analysis: Analysis) -> dict[int, tuple[str, frozenset[str]]]:
    """The kinds of names from their definitions, by place."""
    found: dict[int, tuple[str, frozenset[str]]] = {}
    for declaration in analysis.parsed.declarations:
        for start, kind in _syntactic(declaration):
            found[start] = (kind, frozenset())
    for definition in analysis.index.definitions():
        for place in definition.places:
            found[place.span.start] = (_kind(definition), frozenset({"declaration"}))
    for names in analysis.index.all():
        for use in names.uses:
            if use.definition is not None:
                start = use.name.span.start + use.name.span.text.find(use.name.id)
                found[start] = (_kind(use.definition), _modifiers(use.definition))
    return found


def _kind(definition: Definition) -> str:
    return _OF_DEFINITIONS[definition.origin.kind]


def _modifiers(definition: Definition) -> frozenset[str]:
    origin = definition.origin
    if origin.kind in _LANGUAGE:
        return frozenset({"defaultLibrary"})
    return frozenset({"readonly"}) if origin.kind in ("let", "dimension", "parameter") else frozenset()


def _syntactic(declaration: ast.Declaration) -> Iterator[tuple[int, str]]:
    """The kinds of words from their syntactic place."""
    if isinstance(declaration, ast.Import) and not declaration.is_path:
        at = declaration.place.start
        for part in declaration.module.split("."):
            yield at, "namespace"
            at += len(part) + 1
    for node in below(declaration):
        match node:
            case ast.Argument() if node.name is not None:
                yield node.name.span.start, "parameter"
            case ast.Field():
                yield node.name.span.start, "property"
            case ast.Branch() if node.label is not None:
                yield node.label.span.start, "enumMember"
            case ast.Port() if node.name is not None:
                yield node.name.span.start, "parameter"
            case ast.TypeName():
                yield node.span.start, "type"
            case ast.Table() if node.rows:
                yield from ((cell.span.start, "property") for cell in node.rows[0])
            case ast.ImportName():
                yield node.name.span.start, "variable"
