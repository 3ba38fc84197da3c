"""Allowed warnings of a spec: ``# allow: CODE, CODE`` at the end of a line, or alone on the line above."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_COMMENT: Final = re.compile(r"#\s*allow:")
_CODE: Final = re.compile(r"[^\s,]+")


class Allowance(NamedTuple):
    """One code in a comment."""

    code: str
    span: Span
    line: int
    """The line whose warnings are allowed."""


class Allowances:
    """The warnings that the files of a compilation allow, and which of these allowances were used."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, int], dict[str, Allowance]] = {}
        self._lines: dict[str, list[int]] = {}
        self._used: set[Allowance] = set()
        self._reached: set[Span] = set()
        self._entered: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._at)

    def read(self, module: ast.Module) -> None:
        """Adds the allowances of a file."""
        file, lines = module.source.name, set[int]()
        for allowance in _of(module):
            self._at.setdefault((file, allowance.line), {})[allowance.code] = allowance
            lines.add(allowance.line)
        if lines:
            self._lines[file] = sorted(lines)

    def allows(self, code: str, span: Span) -> bool:
        """Whether a warning at a place is allowed; marks the allowance as used."""
        allowance = self._at.get((span.source.name, span.line), {}).get(code)
        if allowance is None:
            return False
        self._used.add(allowance)
        return True

    def reach(self, span: Span) -> None:
        """Notes that a step was elaborated, so that all its warnings were given."""
        if span.source.name in self._lines:
            self._reached.add(span)

    def _within(self, span: Span) -> Iterator[int]:
        """The lines of a place that have allowances."""
        lines = self._lines.get(span.source.name, [])
        first, last = _lines(span)
        for index in range(bisect_left(lines, first), bisect_right(lines, last)):
            yield lines[index]

    def enter(self, block: ast.Block) -> None:
        """Notes that a block was elaborated."""
        self._entered.add(id(block))

    def unused(self, module: ast.Module) -> Iterator[Allowance]:
        """The unused allowances of a file, in code that was elaborated and so gave its warnings."""
        file = module.source.name
        left = [each for codes in self._at.values() for each in codes.values() if each.span.source.name == file]
        left = [each for each in left if each not in self._used]
        if not left:
            return
        hidden, skipped = set[int](), list[tuple[int, int]]()
        for declaration in module.declarations:
            if not isinstance(declaration, ast.Block):
                continue
            if id(declaration) not in self._entered:
                skipped.append(_lines(declaration.span))
            for node in walk(declaration):
                if isinstance(node, ast.Apply | ast.Choose) and node.span not in self._reached:
                    hidden.update(self._within(_own_span(node)))
        for each in left:
            at = bisect_right(skipped, each.line, key=itemgetter(0)) - 1  # the last that begins no later
            if each.line not in hidden and (at < 0 or skipped[at][1] < each.line):
                yield each


def _lines(span: Span) -> tuple[int, int]:
    """The first and the last line."""
    return span.line, span.source.position(span.end)[0]


def _of(module: ast.Module) -> Iterator[Allowance]:
    found = [(comment, begin) for comment in module.comments if (begin := _COMMENT.match(comment.span.text))]
    if not found:
        return
    below = _lines_below(module.source, module.comments)
    for comment, begin in found:
        text, start, line = comment.span.text, comment.span.start, comment.span.line
        for code in _CODE.finditer(text, begin.end()):
            span = Span(module.source, start + code.start(), start + code.end())
            yield Allowance(code[0], span, below.get(line, line))


def _lines_below(source: SourceFile, comments: Sequence[ast.Comment]) -> dict[int, int]:
    """For each line that holds only a comment, the next one that is more than that."""
    below: dict[int, int] = {}
    for comment in reversed(comments):
        line = comment.span.line
        if comment.span.begins_line:
            next_ = line + 1
            while next_ < len(source.starts) and next_ not in below and not source.line(next_).strip():
                next_ += 1
            below[line] = below.get(next_, next_)
    return below


def _own_span(step: ast.Apply | ast.Choose) -> Span:
    """The span of a step without its branches or sides."""
    if not isinstance(step, ast.Apply):
        return step.span._replace(end=step.span.start)
    return step.span._replace(end=step.branches[0].span.start) if step.branches else step.span
