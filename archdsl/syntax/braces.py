"""Missing braces, inferred from indentation in declarations whose braces do not balance.

A `}` is missing before the first line that stands no further right than the line of its `{`; a `{` at the end of the
line above that has the indentation of its `}`, or on the line of a `}` in which nothing was opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.source import SourceFile, Span
from archdsl.syntax.tokens import CLOSER, CLOSERS, DECLARATION, END, Token, is_declaration

_BEFORE_BODY: Final = frozenset({"ARROW", "COLON"})
"""After one of these a body may begin."""
_BEGINS: Final = frozenset({"ARROW", "LET", "RBRACE"})
"""What no line begins with that goes on within brackets."""
_HANGS: Final = frozenset({"DOUBLE_COLON", "COLON", "WHERE"})
"""What begins a line that belongs to the one above."""
_HEADS: Final = frozenset({"IF", "ELSE", "FOR", "REPEAT", "PORTS", "TABLE"})
"""What a body follows on its line."""
_MOST: Final = 50
"""Braces that are put into one declaration at most."""


class _Line(NamedTuple):
    first: int
    """The number of its first token."""
    last: int
    indent: int
    hangs: bool
    """Whether it belongs to the line above, whose indentation is then that of the statement."""


class Missing(NamedTuple):
    """A missing brace: the token that it precedes, and its diagnostic. There is at most one per place."""

    place: int
    kind: str
    start: int
    """Where the text begins to which it may belong as well."""
    diagnostic: Diagnostic | None


def mended(source: SourceFile, tokens: list[Token]) -> tuple[list[Token], list[Missing]]:
    """The tokens with missing braces inserted as empty tokens, and the inserted ones."""
    if _is_balanced(source.text, tokens):
        return tokens, []
    missing: list[Missing] = []
    for lines in _declarations(source.text, tokens):
        missing += _Declaration(source, tokens, lines).missing()
    made: list[Token] = []
    at = 0
    for brace in sorted(missing, key=lambda each: each.place):
        made += tokens[at : brace.place]
        made.append(Token(brace.kind, "", tokens[brace.place - 1].end))
        at = brace.place
    return made + tokens[at:], missing


def _is_balanced(text: str, tokens: Sequence[Token]) -> bool:
    """Whether every `{` has its `}` before the next declaration. A `let` may stand in a body."""
    depth = 0
    for token in tokens:
        kind = token.type
        if kind == "LBRACE":
            depth += 1
        elif kind == "RBRACE":
            depth -= 1
            if depth < 0:
                return False
        elif depth and kind in DECLARATION and kind != "LET" and is_declaration(token, text):
            return False
    return not depth


def outside(tokens: Sequence[Token], text: str) -> frozenset[int]:
    """Starts of the `let`s in the first column that are outside of any body, if one is open there.

    A body may have them too. Then a bracket that was opened before them is closed before the next declaration.
    """
    found, closing = set(), 0
    for token in reversed(tokens):
        if token.type == "LET":
            if not closing and is_declaration(token, text):
                found.add(token.start)
        elif token.type == END or is_declaration(token, text):
            closing = 0
        elif token.type in CLOSERS:
            closing += 1
        elif token.type in CLOSER:
            closing = max(closing - 1, 0)
    return frozenset(found)


def _declarations(text: str, tokens: Sequence[Token]) -> Iterator[list[_Line]]:
    """The lines with code of each declaration."""
    lines: list[_Line] = []
    lets, first, depth = outside(tokens, text), 0, 0
    for number, token in enumerate(tokens):
        if token.type not in ("NEWLINE", END):
            continue
        if first < number:
            start = tokens[first]
            if is_declaration(start, text) and (start.type != "LET" or start.start in lets):
                yield lines
                lines = []
            kinds = [each.type for each in tokens[first:number]]
            if not lines or kinds[0] in _BEGINS:
                depth = 0
            indent = start.start - text.rfind("\n", 0, start.start) - 1
            lines.append(_Line(first, number - 1, indent, hangs=depth > 0 or kinds[0] in _HANGS))
            depth += sum(kind in ("LPAR", "LSQB") for kind in kinds) - sum(kind in ("RPAR", "RSQB") for kind in kinds)
        first = number + 1
    yield lines


class _Declaration:
    """A declaration under repair."""

    def __init__(self, source: SourceFile, tokens: Sequence[Token], lines: Sequence[_Line]) -> None:
        self.source = source
        self.tokens = tokens
        self.lines = lines
        self.open: list[tuple[int, int]] = []
        """The `{` that are open, each by the number of its token and of the line that its statement begins on."""

    def missing(self) -> Iterator[Missing]:
        """The missing braces, at most as many as are needed to balance it."""
        opening, closing = self._lacking()
        if not 0 < opening + closing <= _MOST:
            return
        begun = 0
        for at, line in enumerate(self.lines):
            begun = begun if line.hangs else at
            past = 0
            while past < closing and self.open and self._is_past(at):
                yield self._unclosed(at, is_first=not past)
                past += 1
            closing -= past
            for number in range(line.first, line.last + 1):
                kind = self.tokens[number].type
                if kind == "LBRACE":
                    self.open.append((number, begun))
                elif kind == "RBRACE":
                    if opening and self._is_unopened(at, number):
                        opening -= 1
                        place = self._opening(at, number)
                        if place is not None:
                            yield self._opened(place)
                    elif self.open:
                        self.open.pop()
        for number in range(closing):
            if self.open:
                yield self._unclosed(len(self.lines), is_first=not number)

    def _lacking(self) -> tuple[int, int]:
        """The numbers of missing `{` and `}`."""
        depth = lowest = 0
        for line in self.lines:
            for number in range(line.first, line.last + 1):
                kind = self.tokens[number].type
                depth += (kind == "LBRACE") - (kind == "RBRACE")
                lowest = min(lowest, depth)
        return -lowest, depth - lowest

    def _is_past(self, at: int) -> bool:
        """Whether a line is indented too little for the innermost open `{`."""
        line, opened = self.lines[at], self.lines[self.open[-1][1]]
        return line.indent < opened.indent + (self.tokens[line.first].type != "RBRACE")

    def _unclosed(self, at: int, *, is_first: bool) -> Missing:
        """The missing `}` of the innermost open `{`, before a line."""
        number, _ = self.open.pop()
        opener, end = self.tokens[number], self.lines[at - 1].last
        following = self.tokens[min(end + 2, len(self.tokens) - 1)]
        if number >= self.lines[at - 1].first:
            otherwise = next((n for n in range(number, end) if self.tokens[n].type == "ELSE"), None)
            if otherwise is not None:
                end, following = otherwise - 1, self.tokens[otherwise]
        labels: tuple[Label, ...] = ()
        if following.type != END:
            labels = (Label(self._span(following), "`}` is missing before this"),)
        fix = Fix(Span(self.source, following.start, following.start), "}\n") if following.type == "RBRACE" else None
        found = codes.UnclosedBracket(span=self._span(opener), opener="{", labels=labels, fix=fix)
        start = self.tokens[max(number, self.lines[at - 1].first)].start
        return Missing(end + 1, "RBRACE", start, found if is_first else None)

    def _is_unopened(self, at: int, number: int) -> bool:
        """Whether a `}` closes a missing `{` rather than the innermost open one."""
        line = self.lines[at]
        if number > line.first:  # what is closed within a line was opened in it
            return bool(self.open) and self.open[-1][0] < line.first
        return bool(line.indent) and not (self.open and self.lines[self.open[-1][1]].indent >= line.indent)

    def _opening(self, at: int, number: int) -> int | None:
        """The token after which a `}`'s missing `{` belongs; ``None`` after a condition and the like: the parser's."""
        line = self.lines[at]
        if number > line.first:
            kinds = [token.type for token in self.tokens[line.first : number]]
            begins = (line.first + n for n, kind in enumerate(kinds) if kind in _BEFORE_BODY)
            return None if _HEADS.intersection(kinds) else next(begins, None)
        last = self.open[-1][1] if self.open else -1
        for above in range(at - 1, last, -1):
            if self.lines[above].indent <= line.indent:
                return self.lines[above].last if self.lines[above].indent == line.indent else None
        return self.open[-1][0] if self.open else None

    def _opened(self, place: int) -> Missing:
        """The missing `{` after a token."""
        following = self.tokens[place + 1]
        ends_line = following.type == "NEWLINE"
        end = self.tokens[place].end
        span = Span(self.source, end, end) if ends_line else self._span(following)
        found = "end of the line" if ends_line else f"`{following}`"
        return Missing(place + 1, "LBRACE", end, codes.UnexpectedToken(span=span, found=found, expected="expected `{`"))

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)
