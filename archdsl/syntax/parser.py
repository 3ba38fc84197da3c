"""Text in, syntax tree and diagnostics out. After a mistake the rest of the file is still read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import cast

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from archdsl.diagnostics import Diagnostic
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast, tables
from archdsl.syntax.build import Builder
from archdsl.syntax.errors import character_error, offset_of, token_error
from archdsl.syntax.layout import Layout

_DECLARATION = re.compile(r"^(from|let|fn|block|model|check)\b[ \t]*(\w*)", re.MULTILINE)
_LOCK = Lock()
"""Held during a parse: layout filter and builder keep the state of the file under way."""


class _Watched(Layout):
    """The layout filter, remembering the tokens that it let through for the sake of error messages."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Token] = []

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        self.seen = []
        for token in super().process(stream):
            yield token
            self.seen.append(token)


@cache
def _parser() -> tuple[Lark, _Watched, Builder]:
    layout, builder = _Watched(), Builder()
    return tables.load(layout, builder), layout, builder


def parse(source: SourceFile) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
    """Reads a file. Declarations that do not parse are left out and their names listed in ``Module.broken``.

    >>> module, found = parse(SourceFile("<text>", "let n = 3"))
    >>> module.declarations[0].name.id, found
    ('n', ())
    """
    with _LOCK:
        lark, layout, builder = _parser()
        builder.source = source
        text, found, broken, tried = source.text, [], set[str](), 0
        while True:
            builder.found = []
            try:
                declarations = cast(tuple[ast.Declaration, ...], lark.parse(text))
                break
            except UnexpectedToken as error:
                at = error.token.start_pos if error.token.type != "$END" else len(text)
                problem = token_error(error, source, layout.seen)
            except UnexpectedCharacters as error:
                at = offset_of(error)
                problem = character_error(error, source)
            found.append(problem)
            start, end, name = _declaration_around(text, at or 0)
            broken |= {name} if name else set()
            tried += 1
            if tried >= 20 or not text[start:end].strip():  # many mistakes: the first ones suffice
                declarations, builder.found = (), []
                break
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
        comments = tuple(_comment(source, t) for t in layout.comments)
        module = ast.Module(source, _with_docs(declarations, comments), comments, frozenset(broken))
        return module, (*found, *builder.found)


def _declaration_around(text: str, offset: int) -> tuple[int, int, str]:
    """The extent and the name of the top-level declaration that holds an offset.

    Declarations start with their keyword in the first column; nothing inside one does.
    """
    start, name, end = 0, "", len(text)
    for match in _DECLARATION.finditer(text):
        if match.start() > offset:
            end = match.start()
            break
        start, name = match.start(), match[2]
    return start, end, name


def _comment(source: SourceFile, token: Token) -> ast.Comment:
    is_doc = token.type == "DOC"
    text = token[2:] if is_doc else token[1:]
    return ast.Comment(Span(source, token.start_pos or 0, token.end_pos or 0), text.strip(), is_doc)


def _with_docs(
    declarations: tuple[ast.Declaration, ...], comments: tuple[ast.Comment, ...]
) -> tuple[ast.Declaration, ...]:
    """Gives each declaration the `##` lines that end on the line above it."""
    by_line = {c.span.line: c for c in comments if c.is_doc}
    if not by_line:
        return declarations
    documented: list[ast.Declaration] = []
    for declaration in declarations:
        lines: list[str] = []
        line = declaration.span.line - 1
        while line in by_line:
            lines.insert(0, by_line[line].text)
            line -= 1
        if lines and isinstance(declaration, ast.Block | ast.Variant | ast.Function):
            documented.append(declaration.replaced(doc="\n".join(lines)))
        else:
            documented.append(declaration)
    return tuple(documented)
