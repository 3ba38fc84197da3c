"""Folding ranges: brackets, and runs of comments and of imports over several lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from archdsl.service.analysis import Analysis
from archdsl.syntax import ast
from archdsl.syntax.tokens import CLOSER, CLOSERS, Token


class Fold(NamedTuple):
    """A range of lines, counted from 0; a last line that only closes a bracket stays visible."""

    first: int
    last: int
    kind: Literal["", "comment", "imports"] = ""


def folds(analysis: Analysis) -> tuple[Fold, ...]:
    """The ranges by first line, the widest of each."""
    found: dict[int, Fold] = {}
    for fold in (*_brackets(analysis), *_comments(analysis), *_imports(analysis)):
        if fold.last > fold.first and (fold.first not in found or found[fold.first].last < fold.last):
            found[fold.first] = fold
    return tuple(found[line] for line in sorted(found))


def _brackets(analysis: Analysis) -> Iterator[Fold]:
    opened: list[Token] = []
    position = analysis.lines.position
    for token in analysis.lexed.tokens:
        if token.type in CLOSER:
            opened.append(token)
        elif token.type in CLOSERS:
            while opened and CLOSER[opened[-1].type] != token.type:
                opened.pop()
            if opened:
                yield Fold(position(opened.pop().start).line, position(token.start).line - 1)


def _comments(analysis: Analysis) -> Iterator[Fold]:
    own = (c for c in analysis.lexed.comments if analysis.span(c.start, c.end).begins_line)
    lines = [analysis.lines.position(comment.start).line for comment in own]
    yield from (Fold(first, last, "comment") for first, last in _runs(lines))


def _imports(analysis: Analysis) -> Iterator[Fold]:
    position = analysis.lines.position
    found = [d.span for d in analysis.parsed.declarations if isinstance(d, ast.Import)]
    lines = [n for span in found for n in range(position(span.start).line, position(span.end).line + 1)]
    yield from (Fold(first, last, "imports") for first, last in _runs(lines))


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last line of runs of consecutive lines."""
    first = last = -2
    for line in lines:
        if line != last + 1:
            if last > first:
                yield first, last
            first = line
        last = line
    if last > first:
        yield first, last
