"""The layout filter between lexer and parser: decides which line breaks end a statement."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.limits import Limits
from archdsl.syntax.tokens import CLOSER, CLOSERS, END, Token

# A line that starts with one of these continues the statement before it.
_CONTINUES = frozenset({"ARROW", "DOUBLE_COLON", "AS", "ELSE", "WHERE", "RBRACE", "RPAR", "RSQB", END})
# So does one that starts with an arrow of another language or half a `::`: no statement starts with these.
_ARROWS = frozenset({"EQUAL", "PIPE", "COMPARE", "COLON"})
# A line that ends with one of these is not finished.
_UNFINISHED = frozenset({"ARROW", "LBRACE", "COMMA", "EQUAL", "COLON", "NEWLINE"})
# After one of these a new step or statement starts.
_STARTS = frozenset({"ARROW", "LBRACE", "RBRACE"})


class Excess(Exception):
    """A token exceeds the limit called ``limit``."""

    def __init__(self, limit: str, token: Token) -> None:
        super().__init__(limit)
        self.limit = limit
        self.token = token


class Layout:
    """The token stream without line breaks that do not separate statements."""

    __slots__ = ("at", "brackets", "closed", "length", "limits", "previous", "tokens")

    def __init__(self, tokens: Sequence[Token], limits: Limits) -> None:
        self.tokens = tokens
        self.at = 0
        """The number of the token that comes next, line breaks included."""
        self.brackets: list[Token] = []
        """Those that are open."""
        self.closed: Token | None = None
        """The one that the last closing bracket closed."""
        self.previous = "NEWLINE"
        self.length = 0
        """Of the statement under way."""
        self.limits = limits

    def fork(self, at: int, brackets: Sequence[Token], previous: str) -> Layout:
        """The filter positioned at another token, with other open brackets."""
        other = Layout(self.tokens, self.limits)
        other.at, other.brackets, other.previous = at, list(brackets), previous
        return other

    def open_before(self, token: Token) -> list[Token]:
        """The brackets that were open before the last token."""
        if token.type in CLOSER:
            return self.brackets[:-1]
        if token.type in CLOSERS and self.closed is not None:
            return [*self.brackets, self.closed]
        return list(self.brackets)

    def next(self) -> Token:
        """The next token, and after the last one that of type ``END``. Raises ``Excess``."""
        tokens, at, brackets = self.tokens, self.at, self.brackets
        token = tokens[at]
        kind = token.type
        if kind == "NEWLINE":
            newline = token
            while kind == "NEWLINE":
                at += 1
                token = tokens[at]
                kind = token.type
            separates = self.previous not in _UNFINISHED and (not brackets or brackets[-1].type == "LBRACE")
            # At the top level `about { … }` belongs to the variant above it.
            continues = kind in _CONTINUES or kind in _ARROWS or token.text == "→"
            if separates and not continues and not (kind == "ABOUT" and not brackets):
                self.at = at
                self.previous = "NEWLINE"
                self.length = 0
                return newline
        if kind in CLOSER:
            if len(brackets) >= self.limits.depth:
                raise Excess("depth", token)
            brackets.append(token)
        elif kind in CLOSERS:
            self.closed = brackets.pop() if brackets else None
        self.length += 1
        if self.length > self.limits.statement:
            raise Excess("statement", token)
        if kind in _STARTS:
            self.length = 0
        self.at = at + 1 if kind != END else at
        self.previous = kind
        return token
