"""A syntax error as the parser meets it, and what is said of its cause."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

from archdsl.diagnostics import Fix
from archdsl.source import SourceFile, Span
from archdsl.syntax.tokens import CLOSER, CLOSERS, END, Token

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
    ) -> None:
        self.source = source
        self.token = token
        self.before = before
        """Those of the declaration so far."""
        self.openers = openers
        """The brackets that are open."""
        self.accepted = accepted

    @property
    def opener(self) -> Token | None:
        return self.openers[-1] if self.openers else None

    @property
    def bracket(self) -> str:
        """The innermost bracket that is open, as text."""
        return self.openers[-1].text if self.openers else ""

    @cached_property
    def misaligned(self) -> tuple[Token, Token] | None:
        """The first `{` that a `}` closes which lines up with one further out, and that `}`: its own is missing."""
        stack: list[Token] = []
        first = self.openers[0].start if self.openers else len(self.source.text)
        for token in self.before:
            if token.start < first:
                continue
            if token.type in CLOSER:
                stack.append(token)
            elif stack and token.type in CLOSERS:
                opener, indent = stack.pop(), self._indent(token)
                outer = {self._indent(other) for other in stack}
                if (
                    token.type == "RBRACE"
                    and indent < self._indent(opener)
                    and indent in outer
                    and self._begins_line(token)
                ):
                    return opener, token
        return None

    def _indent(self, token: Token) -> int:
        line = self.source.line(self.span_of(token).line)
        return len(line) - len(line.lstrip())

    def _begins_line(self, token: Token) -> bool:
        return self.span_of(token).column == self._indent(token) + 1

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
        end = self.previous.end if self.previous else 0
        return Span(self.source, end, end)
