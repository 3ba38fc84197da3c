"""Incremental parsing: declarations that are unchanged in the next version of a text are reused.

A piece is the text from the keyword of a declaration, which stands in the first column, to that of the next one. No
token reaches from one piece into another, and between two declarations the parser remembers nothing. So a piece that
was read without a mistake is read the same in every text, wherever a declaration may begin.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.source import SURROGATES, SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.lexer import Lexed, is_crowded, scan
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import DECLARATION, END, UNKNOWN, Token

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
"""What a node holds besides spans, nodes and tuples of these."""
_LATE: Final[frozenset[type[Any]]] = frozenset({ast.Body, ast.Check, ast.Signature, ast.Table})
"""Nodes whose fields are made when one of them is asked for: most are of no use to a completion."""
_span: Final = tuple.__new__
"""Makes a span without asking it how: there are thousands."""
_KEYWORD: Final = re.compile(rf"^(?:{'|'.join(sorted(DECLARATION)).lower()})\b", re.MULTILINE)


class Piece(NamedTuple):
    """A parsed declaration, its offset ``start`` in some text, and its tokens and comments."""

    start: int
    lexed: Lexed
    declaration: ast.Declaration


Pieces: TypeAlias = Mapping[str, Piece]
"""By their text."""


class Part(NamedTuple):
    """The position of a piece in a text and in its tokens, and its earlier result, if there is one."""

    start: int
    end: int
    first: int
    last: int
    known: Piece | None


def split(text: str, tables: Tables, known: Pieces) -> tuple[Lexed, Sequence[Part]]:
    """The tokens of a text, and its pieces. Known pieces are not tokenised again."""
    plain = SURROGATES.sub("_", text)
    starts = [found.start() for found in _KEYWORD.finditer(plain)]
    lexed = Lexed([], [])
    parts: list[Part] = []
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        piece, first = known.get(text[start:end]), len(lexed.tokens)
        found, by = (piece.lexed, start - piece.start) if piece else (scan(plain[start:end], tables), start)
        for into, more in zip(lexed, found, strict=True):
            into.extend([Token(token.type, token.text, token.start + by) for token in more] if by else more)
        if piece is None:
            lexed.tokens.pop()  # the end of the piece
        parts.append(Part(start, end, first, len(lexed.tokens), piece))
    lexed.tokens.append(Token(END, "", len(text)))
    new = (token for part in parts if part.known is None for token in lexed.tokens[part.first : part.last])
    return (scan(text, tables), ()) if is_crowded(new) else (lexed, parts)


def joined(
    source: SourceFile, parts: Iterable[Part], skipped: frozenset[int], read: Iterable[ast.Declaration]
) -> tuple[ast.Declaration, ...]:
    """The parsed declarations and those of skipped pieces, in text order."""
    known = ((part.start, part.known) for part in parts if part.known is not None and part.start in skipped)
    moved = (_moved(piece.declaration, source, start - piece.start) for start, piece in known)
    return tuple(sorted((*read, *moved), key=lambda each: each.span.start))


def sound(
    text: str, lexed: Lexed, parts: Iterable[Part], declarations: Iterable[ast.Declaration], wrong: Sequence[Span]
) -> Pieces:
    """The pieces of a text that are exactly one declaration, without diagnostics."""
    by_start = {declaration.span.start: declaration for declaration in declarations}
    found: dict[str, Piece] = {}
    for start, end, first, last, known in parts:
        declaration, tokens = by_start.get(start), lexed.tokens[first:last]
        if declaration is None or declaration.span.end > end:
            continue
        if known is None and any(token.type == UNKNOWN for token in tokens):
            continue
        if any(span.start <= end and start <= span.end for span in wrong):
            continue
        begin, stop = (bisect_left(lexed.comments, place, key=lambda token: token.start) for place in (start, end))
        found[text[start:end]] = Piece(start, Lexed(tokens, lexed.comments[begin:stop]), declaration)
    return found


def _moved(declaration: ast.Declaration, source: SourceFile, by: int) -> ast.Declaration:
    """A declaration with its spans shifted to another text."""
    made: ast.Declaration = _Fields({"": declaration}, source, by)()[""]
    return made


class _Fields(NamedTuple):
    """Computes the fields of a node with spans shifted to another text."""

    fields: Mapping[str, Any]
    source: SourceFile
    by: int

    def __call__(self) -> dict[str, Any]:
        """The fields with all descendants except for lazy ones; iterative, as hostile files nest deeply."""
        source, by = self.source, self.by
        made: dict[str, Any] = {}
        pending = [(self.fields, made)]

        def node(known: Any) -> Any:
            kind = known.__class__
            if kind in _PLAIN:
                return known
            if kind is tuple:
                return tuple([node(each) for each in known])
            new = object.__new__(kind)
            if kind in _LATE:
                late = known.__dict__.get(ast.LATE)
                fields = _Fields(late.fields, source, late.by + by) if late else _Fields(known.__dict__, source, by)
                span = known.span
                new.__dict__.update({"span": Span(source, span.start + by, span.end + by), ast.LATE: fields})
            else:
                pending.append((known.__dict__, new.__dict__))
            return new

        while pending:
            fields, into = pending.pop()
            for name, field in fields.items():
                kind = field.__class__
                if kind is Span:
                    into[name] = _span(Span, (source, field.start + by, field.end + by))
                elif kind in _PLAIN:
                    into[name] = field
                else:
                    into[name] = node(field)
        return made
