"""The parser: text to AST and diagnostics, for every text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue.syntax import NotUtf8
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile, Span, not_text
from archdsl.syntax import ast, tables
from archdsl.syntax.build import Builder
from archdsl.syntax.lexer import Lexed, scan
from archdsl.syntax.pieces import Part, Pieces, joined, sound, split
from archdsl.syntax.reader import Reader
from archdsl.syntax.tokens import Token


class Reading(NamedTuple):
    """The result of parsing a text."""

    module: ast.Module
    diagnostics: tuple[Diagnostic, ...]
    lexed: Lexed
    pieces: Pieces
    """Those that the next version of the text may have as well."""


def parse(source: SourceFile, limits: Limits = DEFAULT) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
    """Parses a file. Unparsable text becomes ``ast.Broken``, or is omitted and its names listed in ``Module.broken``.

    >>> module, found = parse(SourceFile("<text>", "let n = 3"))
    >>> module.declarations[0].name.id, found
    ('n', ())
    """
    reading = _read(source, limits, scan(source.text, tables.load()), ())
    return reading.module, reading.diagnostics


def reparse(source: SourceFile, limits: Limits, known: Pieces) -> Reading:
    """Parses a text incrementally, reusing pieces parsed before; the result is that of ``parse``."""
    return _read(source, limits, *split(source.text, tables.load(), known))


def _read(source: SourceFile, limits: Limits, lexed: Lexed, parts: Sequence[Part]) -> Reading:
    builder, automaton = Builder(source, limits), tables.load()
    reader = Reader(source, limits, automaton, lambda rule: getattr(builder, rule))
    reader.skips = {part.start: part.end for part in parts if part.known is not None}
    declarations: tuple[ast.Declaration, ...] = reader.read(lexed)
    pieces: Pieces = {}
    if parts:
        declarations = joined(source, parts, frozenset(reader.skipped), declarations)
        wrong = [*(each.span for each in (*reader.found, *builder.found)), *reader.doubtful]
        pieces = sound(source.text, lexed, parts, declarations, wrong)
    comments = tuple(_comment(source, token) for token in lexed.comments)
    documented, lost = _with_docs(declarations, comments), frozenset(builder.lost)
    module = ast.Module(source, documented, comments, lost, tuple(reader.doubtful))
    found = [d for d in builder.found if not any(_meet(d.span, doubt) for doubt in reader.doubtful)]
    return Reading(module, (*_not_text(source), *reader.found, *found), lexed, pieces)


_KEPT: Final = 50_000
"""Characters of a text up to which it is kept what it was read as."""


def parse_once(source: SourceFile, limits: Limits = DEFAULT) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
    """As ``parse``, with a cache of recently parsed files: many programs import the same ones."""
    return _last(source, limits) if len(source.text) <= _KEPT else parse(source, limits)


_last = lru_cache(maxsize=32)(parse)


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and one.end > other.start


def _not_text(source: SourceFile) -> tuple[Diagnostic, ...]:
    """One diagnostic for undecodable text in a file. In strings and comments no other stage would report it."""
    bad = not_text(source.text)
    if bad is None:
        return ()
    others = f", nor are {bad.more:_} more" if bad.more else ""
    span = Span(source, bad.offset, bad.offset + 1)
    return (NotUtf8(span=span, what=bad.what, others=others, help=("save the file as UTF-8",)),)


def _comment(source: SourceFile, token: Token) -> ast.Comment:
    is_doc = token.type == "DOC"
    text = token.text[2:] if is_doc else token.text[1:]
    return ast.Comment(Span(source, token.start, token.end), text.strip(), is_doc)


def _with_docs(
    declarations: tuple[ast.Declaration, ...], comments: tuple[ast.Comment, ...]
) -> tuple[ast.Declaration, ...]:
    """Attaches to each declaration the `##` lines that end on the line above it; trailing comments do not count."""
    by_line = {c.span.line: c for c in comments if c.is_doc and c.span.begins_line}
    if not by_line:
        return declarations
    documented: list[ast.Declaration] = []
    for declaration in declarations:
        lines: list[str] = []
        line = declaration.span.line - 1
        while line in by_line:
            lines.append(by_line[line].text)
            line -= 1
        if lines and isinstance(declaration, ast.Block | ast.Variant | ast.Function):
            documented.append(declaration.replaced(doc="\n".join(reversed(lines))))
        else:
            documented.append(declaration)
    return tuple(documented)
