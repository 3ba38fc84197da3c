"""Text in, syntax tree and diagnostics out. After a mistake the rest of the file is still read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import cast

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import limits as limit_codes
from archdsl.diagnostics.catalogue.syntax import NotUtf8, UnclosedBracket
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SURROGATES, SourceFile, Span, not_text
from archdsl.syntax import ast, tables
from archdsl.syntax.build import Builder
from archdsl.syntax.errors import character_error, offset_of, token_error
from archdsl.syntax.layout import Excess, Layout
from archdsl.syntax.mistake import Mistake

_DECLARATION = re.compile(r"^(from|let|fn|block|model|check)\b[ \t]*(\w*)", re.MULTILINE)
_IMPORTED = re.compile(r"\bimport\b(.*)", re.DOTALL)
_MISTAKES = 20
"""Declarations that do not parse, of one file, which are reported."""
_LOCK = Lock()
"""Held during a parse: layout filter and builder keep the state of the file under way."""


@cache
def _parser() -> tuple[Lark, Layout, Builder]:
    layout, builder = Layout(), Builder()
    return tables.load(layout, builder), layout, builder


def parse(source: SourceFile, limits: Limits = DEFAULT) -> tuple[ast.Module, tuple[Diagnostic, ...]]:
    """Reads a file. Declarations that do not parse are left out and their names listed in ``Module.broken``.

    >>> module, found = parse(SourceFile("<text>", "let n = 3"))
    >>> module.declarations[0].name.id, found
    ('n', ())
    """
    with _LOCK:
        lark, layout, builder = _parser()
        builder.source = source
        builder.limits = layout.limits = limits
        found, broken = [*_not_text(source)], set[str]()
        text = SURROGATES.sub("_", source.text) if found else source.text
        start = 0  # what comes before is in order
        layout.records = False
        while True:
            builder.found = []
            try:
                declarations = cast(tuple[ast.Declaration, ...], lark.parse(_from(text, start)))
                if not start:
                    break
                start = 0  # once more, all that is in order together
                continue
            except UnexpectedToken as error:
                if not layout.records:  # the same once more, to see what led there
                    layout.records = True
                    continue
                layout.records = False
                mistake = Mistake(source, error.token, layout.seen, _accepted(lark, layout.seen))
                problem = token_error(mistake)
                at = problem.span.start if isinstance(problem, UnclosedBracket) else mistake.offset
            except Excess as error:
                at = error.token.start_pos or 0
                problem = _excess(error, Span(source, at, error.token.end_pos or at + 1), limits)
            except UnexpectedCharacters as error:
                at = offset_of(error)
                problem = character_error(error, source)
            found.append(problem)
            first, end, names = _declaration_around(text, at)
            broken |= names
            if len(found) >= _MISTAKES or not text[first:end].strip():  # many mistakes: the first ones suffice
                declarations, builder.found = (), []
                break
            text = text[:first] + re.sub(r"[^\n]", " ", text[first:end]) + text[end:]
            start = end
        comments = tuple(_comment(source, t) for t in layout.comments)
        module = ast.Module(source, _with_docs(declarations, comments), comments, frozenset(broken))
        return module, (*found, *builder.found)


def _not_text(source: SourceFile) -> tuple[Diagnostic, ...]:
    """What of a file is no text: once, however much it is. In strings and comments no other stage would see it."""
    bad = not_text(source.text)
    if bad is None:
        return ()
    others = f", nor are {bad.more:_} more" if bad.more else ""
    span = Span(source, bad.offset, bad.offset + 1)
    return (NotUtf8(span=span, what=bad.what, others=others, help=("save the file as UTF-8",)),)


def _from(text: str, start: int) -> str:
    """The text from an offset on, where it was: each mistake costs what is read after it, not the file once more."""
    return " " * start + text[start:] if start else text


def _excess(error: Excess, span: Span, limits: Limits) -> Diagnostic:
    if error.limit == "depth":
        most = f"{limits.depth:_} brackets"
        return limit_codes.NestedTooDeeply(span=span, most=most, help=limits.advice("depth"))
    return limit_codes.StatementTooLong(span=span, most=f"{limits.statement:_}", help=limits.advice("statement"))


def _accepted(lark: Lark, tokens: Sequence[Token]) -> frozenset[str]:
    """The types of token that may follow these.

    Lark's own list is too short: it reduces by the token that does not fit before it sees that it does not.
    """
    again = lark.parse_interactive()
    for token in tokens:
        again.feed_token(token)
    return frozenset(again.accepts())  # type: ignore[no-untyped-call]  # Lark's


def _declaration_around(text: str, offset: int) -> tuple[int, int, set[str]]:
    """The extent of the top-level declaration that holds an offset, and the names that it would define.

    Declarations start with their keyword in the first column; nothing inside one does.
    """
    start, first, end = 0, None, len(text)
    for match in _DECLARATION.finditer(text):
        if match.start() > offset:
            end = match.start()
            break
        start, first = match.start(), match
    if first is None or first[1] == "check":
        return start, end, set()
    if first[1] != "from":
        return start, end, {first[2]} - {""}
    imported = _IMPORTED.search(text, start, end)
    return start, end, set(re.findall(r"\w+", imported[1])) if imported else set()


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
            lines.append(by_line[line].text)
            line -= 1
        if lines and isinstance(declaration, ast.Block | ast.Variant | ast.Function):
            documented.append(declaration.replaced(doc="\n".join(reversed(lines))))
        else:
            documented.append(declaration)
    return tuple(documented)
