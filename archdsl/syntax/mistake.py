"""A syntax error as the parser meets it, and what is said of its cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics import Fix
from archdsl.source import SourceFile, Span
from archdsl.syntax.tokens import CLOSERS, END, Token

STEP: Final = frozenset({"NAME", "IF", "FOR", "REPEAT", "PORTS", "LBRACE"})
"""Tokens that start a step."""
DECLARATION: Final = frozenset({"FROM", "LET", "FN", "BLOCK", "MODEL", "CHECK"})
"""Tokens that start a declaration."""


class Cause(NamedTuple):
    """What is probably meant. ``span`` and ``expected`` replace what the grammar alone would say."""

    help: str = ""
    fix: Fix | None = None
    span: Span | None = None
    expected: str = ""


class Mistake:
    """The place of a syntax error: the token that does not fit, those before it, and the types that would fit."""

    def __init__(
        self,
        source: SourceFile,
        token: Token,
        before: Sequence[Token],
        openers: Sequence[Token],
        accepted: frozenset[str],
        instead: Sequence[Token] = (),
    ) -> None:
        self.source = source
        self.token = token
        self.before = before
        """Those of the declaration so far."""
        self.openers = openers
        """The brackets that are open."""
        self.accepted = accepted
        self.instead = instead
        """What is read in place of the token, or of that and the one before it."""

    @property
    def opener(self) -> Token | None:
        return self.openers[-1] if self.openers else None

    @property
    def bracket(self) -> str:
        """The innermost bracket that is open, as text."""
        return self.openers[-1].text if self.openers else ""

    @property
    def before_opener(self) -> Token | None:
        """What stands before the innermost bracket that is open."""
        opener = self.opener
        places = (place for place in range(len(self.before) - 1, 0, -1) if self.before[place] is opener)
        return next((self.before[place - 1] for place in places), None)

    @property
    def previous(self) -> Token | None:
        return self.before[-1] if self.before else None

    @property
    def wants_value(self) -> bool:
        """Whether the token stands where a value begins."""
        return "LSQB" in self.accepted and "COMMA" not in self.accepted

    @property
    def is_past_declaration(self) -> bool:
        """Whether the declaration that is wrong has ended: the next one starts in the first column."""
        return bool(self.before) and (
            self.token.type == END or (self.token.type in DECLARATION and self.span_of(self.token).column == 1)
        )

    @property
    def is_past_line(self) -> bool:
        """Whether only a closing bracket on a later line shows that something is missing."""
        before = self.previous
        return (
            before is not None
            and self.token.type in CLOSERS
            and self.span_of(before).line < self.span_of(self.token).line
        )

    def span_of(self, token: Token) -> Span:
        return self.after_previous if token.type == END else Span(self.source, token.start, token.end)

    @property
    def after_previous(self) -> Span:
        """The place right after the last token that fitted."""
        end = next((token.end for token in reversed(self.before) if token.type != "NEWLINE"), 0)
        return Span(self.source, end, end)
