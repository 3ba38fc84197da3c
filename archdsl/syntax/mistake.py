"""The context of a syntax error, for its repair and its diagnostic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from archdsl.diagnostics import Fix
from archdsl.source import SourceFile, Span
from archdsl.syntax.automaton import Automaton
from archdsl.syntax.layout import Layout
from archdsl.syntax.tokens import CLOSERS, END, ERROR, Token, is_declaration


class Cause(NamedTuple):
    """The probable cause. ``span`` and ``expected`` override those from the grammar."""

    help: str = ""
    fix: Fix | None = None
    span: Span | None = None
    expected: str = ""


class Mistake:
    """A token that does not fit, the tokens before it, and those expected."""

    def __init__(
        self, source: SourceFile, automaton: Automaton, token: Token, before: Sequence[Token], layout: Layout
    ) -> None:
        self.source = source
        self.text = source.text
        self.automaton = automaton
        self.token = token
        self.before = before
        """The tokens of the declaration so far."""
        self.layout = layout
        """As it was before the token."""
        self.openers = layout.brackets
        """The brackets that are open."""
        self.instead: Sequence[Token] = ()
        """What is read in place of the token, or of that and the one before it, when a repair was found."""

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The token types expected. To be read before the automaton continues."""
        return self.automaton.accepted() - {ERROR}

    @property
    def end(self) -> int:
        """The end of the text parsed so far."""
        return self.before[-1].end if self.before else 0

    @property
    def ends(self) -> bool:
        """Whether the token ends every open construct: an inserted brace, a new declaration or the end of the text."""
        token = self.token
        return token.type == END or (token.type == "RBRACE" and not token.text) or is_declaration(token, self.text)

    @property
    def opener(self) -> Token | None:
        return self.openers[-1] if self.openers else None

    @property
    def bracket(self) -> str:
        """The innermost open bracket, as text."""
        return self.openers[-1].text if self.openers else ""

    @property
    def before_opener(self) -> Token | None:
        """The token before the innermost open bracket."""
        opener = self.opener
        places = (place for place in range(len(self.before) - 1, 0, -1) if self.before[place] is opener)
        return next((self.before[place - 1] for place in places), None)

    @property
    def previous(self) -> Token | None:
        return self.before[-1] if self.before else None

    @property
    def wants_value(self) -> bool:
        """Whether a value is expected at the token."""
        return "LSQB" in self.accepted and "COMMA" not in self.accepted

    @property
    def is_past_declaration(self) -> bool:
        """Whether the faulty declaration has ended: the next one starts in the first column."""
        return bool(self.before) and (self.token.type == END or is_declaration(self.token, self.text))

    @property
    def is_past_line(self) -> bool:
        """Whether the error shows only at a closing bracket on a later line."""
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
        """The position right after the last accepted token."""
        end = next((token.end for token in reversed(self.before) if token.type != "NEWLINE"), 0)
        return Span(self.source, end, end)
