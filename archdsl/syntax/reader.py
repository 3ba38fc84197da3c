"""The driver of the automaton: parses every text to its end, and reports errors on the way."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any, Final

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import limits as limit_codes
from archdsl.limits import Limits
from archdsl.source import SourceFile, Span
from archdsl.syntax.automaton import Automaton, Maker
from archdsl.syntax.braces import mended
from archdsl.syntax.candidates import Repair
from archdsl.syntax.errors import diagnose
from archdsl.syntax.layout import Excess, Layout
from archdsl.syntax.lexer import Lexed
from archdsl.syntax.mistake import Mistake
from archdsl.syntax.recovery import declaration, repair
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import CLOSERS, END, UNKNOWN, Token

_MISTAKES: Final = 100
"""Mistakes in one file after which declarations are given up as a whole, and no more is said."""
_APART: Final = 2
"""Tokens that must be parsed after a repair before a new error counts as independent of it."""
_AGAIN: Final = 12
"""Tokens after which what is missing again is told again."""


class Reader:
    """Parses one text: the value of the start rule's builder, and the diagnostics."""

    def __init__(
        self,
        source: SourceFile,
        limits: Limits,
        tables: Tables,
        maker: Maker,
        leaf: Callable[[Token], Any] | None = None,
    ) -> None:
        self.source = source
        self.limits = limits
        self.automaton = Automaton(tables, maker, leaf)
        self.found: list[Diagnostic] = []
        self.doubtful: list[Span] = []
        """Spans where further errors may follow from a mistake."""
        self.skips: Mapping[int, int] = {}
        """Where declarations begin that need not be read, and where what follows each."""
        self.skipped: list[int] = []
        """Where those begin that were not."""
        self.mistakes = 0
        self._read: list[Token] = []
        """The tokens of the declaration so far."""
        self._calm = _APART
        """How many tokens were read since the last repair."""
        self._last: tuple[object, ...] = ()
        """The last repair, if something was missing: what, and within which bracket."""
        self._quiet = 0
        """Where in the text errors count again."""

    @property
    def end(self) -> int:
        """The end of the text parsed so far."""
        return self._read[-1].end if self._read else 0

    def read(self, lexed: Lexed) -> Any:
        """The value of rule ``start`` for the whole text."""
        tokens, missing = mended(self.source, lexed.tokens)
        self.found += [brace.diagnostic for brace in missing if brace.diagnostic]
        self.doubtful += [Span(self.source, brace.start, tokens[brace.place].end) for brace in missing]
        automaton, layout = self.automaton, Layout(tokens, self.limits)
        fits, take = automaton.fits, automaton.take
        while True:
            at, previous, known = layout.at, layout.previous, len(layout.brackets)
            try:
                token = layout.next()
            except Excess as excess:
                mistake = self._mistake(excess.token, layout.fork(at, layout.brackets[:known], previous))
                if self._is_news(excess.token, ()):
                    self.found.append(self._excess(excess))
                layout = self._mend(declaration(mistake))
                continue
            if fits(token.type):
                take(token)
                if token.type == END:
                    return automaton.values[0]
                if token.type == "NEWLINE" and automaton.tables.begins_declaration(automaton.states[-1]):
                    self._read, self._calm, self._last = [], _APART, ()
                    token = self._skip(layout, token)
                self._read.append(token)
                self._calm += 1
                continue
            layout = self._recover(token, layout.fork(at, layout.open_before(token), previous))

    def _skip(self, layout: Layout, newline: Token) -> Token:
        """Skips declarations after a line break that need not be parsed; returns the last one's line break."""
        tokens, begin = layout.tokens, layout.at
        while not layout.brackets and (end := self.skips.get(tokens[layout.at].start)) is not None:
            self.skipped.append(tokens[layout.at].start)
            layout.at = bisect_left(tokens, end, layout.at, key=lambda token: token.start)
        at = layout.at
        while at > begin and tokens[at - 1].type == "NEWLINE":
            at -= 1
        if begin < at < layout.at:
            newline = tokens[at]
            self.automaton.values[-1], self.automaton.starts[-1] = newline, newline.start
        return newline

    def _mistake(self, token: Token, layout: Layout) -> Mistake:
        return Mistake(self.source, self.automaton, token, self._read, layout)

    def _recover(self, token: Token, layout: Layout) -> Layout:
        mistake = self._mistake(token, layout)
        self.mistakes += 1
        if self.mistakes > _MISTAKES:
            return self._mend(declaration(mistake))
        made = repair(mistake)
        mistake.instead = made.tokens
        opener = layout.brackets[-1].start if layout.brackets else -1
        missing = () if any(t.text for t in made.tokens) else (opener, *(t.type for t in made.tokens))
        if self._is_news(token, missing):
            self.found.append(diagnose(mistake))
        self.doubtful.append(self._doubt(made, token, layout))
        return self._mend(made)

    def _doubt(self, made: Repair, token: Token, layout: Layout) -> Span:
        """The doubtful range: from the word before the error, or the unclosed bracket, to the offending token."""
        start = self._read[-1].start if self._read else token.start
        closed = sum(mark.type in CLOSERS and not mark.text for mark in made.tokens)
        if closed and (opener := layout.brackets[-closed]).type != "LBRACE":
            start = opener.start
        return Span(self.source, start, token.end)

    def _is_news(self, token: Token, missing: tuple[object, ...]) -> bool:
        """Whether an error is unlikely to follow from the one before it."""
        is_news = (
            self._calm >= _APART
            and token.start >= self._quiet
            and (not missing or missing != self._last or self._calm > _AGAIN)
        )
        is_news = is_news and bool(token.text or token.type == END)  # a brace that is missing was told already
        self._last = missing
        if token.type == UNKNOWN and token.text.startswith('"'):  # what was meant to be in the string nobody knows
            end = self.source.text.find("\n", token.start)
            self._quiet = end if end >= 0 else len(self.source.text)
        return is_news

    def _mend(self, made: Repair) -> Layout:
        """Applies a repair; returns the filter to continue with."""
        automaton = self.automaton
        start = automaton.starts[made.kept - 1] if made.kept <= len(automaton.starts) else len(self.source.text) + 1
        automaton.drop(made.kept)
        while self._read and self._read[-1].start >= start:
            self._read.pop()
        for token in made.tokens:
            automaton.take(token)
            self._read.append(token)
        self._calm = 0
        return made.layout

    def _excess(self, excess: Excess) -> Diagnostic:
        span, limits = Span(self.source, excess.token.start, excess.token.end), self.limits
        if excess.limit == "depth":
            most = f"{limits.depth:_} brackets"
            return limit_codes.NestedTooDeeply(span=span, most=most, help=limits.advice("depth"))
        return limit_codes.StatementTooLong(span=span, most=f"{limits.statement:_}", help=limits.advice("statement"))
