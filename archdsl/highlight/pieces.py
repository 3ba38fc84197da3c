"""Splits a text into pieces with their kinds, by the compiler's own lexer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

from archdsl.highlight.kinds import RULES, TERMINALS, Rule
from archdsl.syntax.lexer import scan
from archdsl.syntax.tables import load
from archdsl.syntax.tokens import END, Token


class Piece(NamedTuple):
    """A piece of a text, and its kind: one of ``KINDS``."""

    start: int
    text: str
    kind: str


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a text, which concatenate to the text itself, whatever it is.

    >>> [(piece.kind, piece.text) for piece in pieces("conv(8) # wide") if piece.kind != "space"]
    [('op', 'conv'), ('punctuation', '('), ('number', '8'), ('punctuation', ')'), ('comment', '# wide')]
    """
    lexed = scan(text, load())
    comments = (Piece(token.start, token.text, TERMINALS[token.type]) for token in lexed.comments)
    at = 0
    for piece in sorted(chain(_marked(lexed.tokens), comments)):
        if piece.start > at:
            yield Piece(at, text[at : piece.start], "space")
        at = piece.start + len(piece.text)
        yield Piece(piece.start, text[piece.start : at], piece.kind)
    if at < len(text):
        yield Piece(at, text[at:], "space")


def _marked(tokens: Sequence[Token]) -> Iterator[Piece]:
    before, brackets, in_module = "", 0, False
    for token, following in pairwise(tokens):
        kind = TERMINALS.get(token.type, "unknown")
        if token.type == "NAME":
            kind = "module" if in_module else _of_name(token.text, before, following.type, brackets)
        yield Piece(token.start, token.text, kind)
        in_module = (in_module or token.type == "FROM") and token.type not in ("IMPORT", "NEWLINE", END)
        brackets = max(0, brackets + (token.type == "LSQB") - (token.type == "RSQB"))
        before = token.type


def _of_name(word: str, before: str, following: str, brackets: int) -> str:
    for rule in _between(before, following, brackets > 0):
        if (rule.words is None or word in rule.words) and (not rule.capital or word[0].isupper()):
            return rule.kind
    return TERMINALS["NAME"]


@cache  # of pairs of terminals, which are few
def _between(before: str, following: str, inside: bool) -> tuple[Rule, ...]:
    """The rules that may apply to a name between two tokens, inside square brackets or not."""
    return tuple(
        rule
        for rule in RULES
        if (not rule.after or before in rule.after)
        and (not rule.before or following in rule.before)
        and not (rule.outside and inside)
    )
