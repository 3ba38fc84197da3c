"""Formatting as edits: of a text, of a range, or after typing."""

from __future__ import annotations

from archdsl.format import format_text
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit, difference


def formatted(analysis: Analysis) -> tuple[Edit, ...]:
    """The edits that format a text. Declarations with errors stay as they are."""
    return difference(analysis.source, format_text(analysis.text, analysis.limits).text)


def formatted_range(analysis: Analysis, start: int, end: int) -> tuple[Edit, ...]:
    """The formatting edits that touch the lines of a range."""
    lines = analysis.lines
    first = lines.start(lines.position(start).line)
    last = lines.end(lines.position(end).line)
    changed = format_text(analysis.text, analysis.limits).text
    return difference(analysis.source, changed, first, last)


def formatted_typing(analysis: Analysis, offset: int) -> tuple[Edit, ...]:
    """After a typed `}`, the formatting edits of its declaration; none while that has errors."""
    declaration = analysis.declaration(offset)
    if declaration is None or declaration.span.end > offset:
        return ()
    return formatted_range(analysis, declaration.span.start, declaration.span.end)
