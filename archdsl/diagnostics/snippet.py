"""The source excerpt under a message: the relevant lines, with marks and their texts below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archdsl.diagnostics.display import lay_out, visible
from archdsl.diagnostics.model import Label
from archdsl.diagnostics.palette import Palette
from archdsl.source import SourceFile

_LIMIT = 110
"""Cells of one source line that are shown: with the gutter it fits a terminal of 120."""

_NEAR = 2_000
"""Characters of a line that are looked at."""


class Mark(NamedTuple):
    """An underlined range of a line: characters ``[start, end)``, 0-based. Marks sort in reading order."""

    line: int
    start: int
    end: int
    text: str
    primary: bool

    @classmethod
    def of(cls, label: Label, *, primary: bool) -> Mark:
        """The mark of a label; a range over several lines is marked to the end of its first."""
        span = label.span
        number, column = span.source.position(span.start)
        line = span.source.line(number)
        start = min(column - 1, len(line))
        end = min(start + span.end - span.start, len(line.rstrip()))
        return cls(number, start, max(start, end), label.text, primary)


def excerpt(source: SourceFile, marks: Iterable[Mark], gutter: int, palette: Palette) -> Iterator[str]:
    """The marked lines in file order, each with its marks below.

    A line that is too long to show whole is cut around each of its marks, and shown once for each cut.
    """
    margin = palette.frame(f"{' ' * gutter} |")
    shown: tuple[int, str] | None = None
    for found in sorted(marks):
        text, mark = _near(source.line(found.line), found)
        line = lay_out(text, mark.start, mark.end, _LIMIT)
        if shown != (mark.line, line.text):
            shown = (mark.line, line.text)
            yield f"{palette.frame(f'{mark.line:>{gutter}} |')} {line.text}".rstrip()
        for under in _underline(mark, line.cells, palette):
            yield f"{margin} {under}"


def _near(line: str, mark: Mark) -> tuple[str, Mark]:
    """The part of a very long line around the mark, and the mark in it: laying out is linear in the characters."""
    if len(line) <= _NEAR:
        return line, mark
    first = max(0, mark.start - _NEAR // 2)
    part = line[first : first + _NEAR]
    return part, mark._replace(start=mark.start - first, end=min(mark.end - first, len(part)))


def _underline(mark: Mark, cells: Sequence[int], palette: Palette) -> Iterator[str]:
    indent, length = " " * cells[mark.start], max(cells[mark.end] - cells[mark.start], 1)
    colour = palette.primary if mark.primary else palette.secondary
    first, *rest = visible(mark.text).split("\n")
    yield indent + colour(f"{('^' if mark.primary else '-') * length} {first}".rstrip())
    for line in rest:
        yield indent + " " * (length + 1) + colour(line)
