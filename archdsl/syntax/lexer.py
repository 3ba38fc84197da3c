"""Text to tokens. Every character belongs to a token, or to the blanks and comments between two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from archdsl.source import SURROGATES
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import END, UNKNOWN, Token

# What is no word, number or mark, taken together where that says more.
_STRAY: Final = re.compile(
    r"""
      "(?:\\[^\n]|[^"\\\n(){}\[\],>-]++|-(?!>))*+   # a string that does not end, up to where it might have
    | '[^'"\n]*'              # one in single quotes
    | “[^“”"\n]*”
    | [0-9][\w.]*             # a number with letters in it
    | &&
    | (.)\1{9,}+              # one character again and again
    | .                       # anything else
    """,
    re.VERBOSE | re.DOTALL,
)

_LINE: Final = re.compile(r'"[^\n]*')
_OPEN_STRINGS: Final = 20
"""Strings that do not end, after which they reach to the end of their lines: that they do not end takes a look at all
of the line.
"""


class Lexed(NamedTuple):
    """The tokens of a text, ending in ``END``, and its comments."""

    tokens: list[Token]
    comments: list[Token]


def is_crowded(tokens: Iterable[Token]) -> bool:
    """Whether so many strings are unterminated that the tokens of one depend on those before it."""
    return sum(token.type == UNKNOWN and token.text.startswith('"') for token in tokens) >= _OPEN_STRINGS


def scan(text: str, tables: Tables) -> Lexed:
    """Tokenises a text. Unexpected characters are tokens of type ``UNKNOWN``; undecodable bytes count as letters."""
    tokens: list[Token] = []
    comments: list[Token] = []
    text = SURROGATES.sub("_", text)
    match, blank, keywords = tables.scanner.match, tables.blank.match, tables.keywords
    at, end, opened = 0, len(text), 0
    while at < end:
        found = match(text, at)
        if found is None:
            start = blank(text, at).end()  # type: ignore[union-attr]  # it may be empty, and so always matches
            opened += text.startswith('"', start)
            stray = (_LINE.match(text, start) if opened > _OPEN_STRINGS else None) or _STRAY.match(text, start)
            if stray is None:
                break
            tokens.append(Token(UNKNOWN, stray[0], start))
            at = stray.end()
            continue
        kind = found.lastgroup or UNKNOWN
        start, at = found.span(kind)
        word = text[start:at]
        if kind == "NAME":
            tokens.append(Token(keywords.get(word, kind), word, start))
        elif kind == "DOC" or kind == "COMMENT":
            comments.append(Token(kind, word, start))
        else:
            tokens.append(Token(kind, word, start))
    tokens.append(Token(END, "", end))
    return Lexed(tokens, comments)
