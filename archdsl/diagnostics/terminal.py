"""Diagnostics for a reader at a terminal.

::

    error[shape-mismatch]: branches of `add` have different shapes
      --> specs/resnet50.arch:9:3
       |
     9 |   add {
       |   ^^^ needs equal shapes
    10 |     main: ConvBNAct(width, k=1)
       |     ---- [28, 28, 512]
       |
       = in Bottleneck(128, stride=2), from Stage(128, depth=4) at 26:6; and 2 more instances
       = help: pass the block's stride: `ConvBN(out, k=1, stride=stride)`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archdsl.diagnostics.display import visible, width
from archdsl.diagnostics.model import Diagnostic, Frame
from archdsl.diagnostics.palette import Palette
from archdsl.diagnostics.snippet import Mark, excerpt
from archdsl.diagnostics.words import advice
from archdsl.source import SourceFile

MOST = 50
"""Diagnostics that a reader sees at once."""
_WRAP = 100
_FRAMES = 4
"""A longer chain of instances loses its middle."""


def render(diagnostic: Diagnostic, *, colour: bool) -> str:
    """One diagnostic as lines without a trailing line break; ``colour`` asks for ANSI escapes."""
    palette = Palette(diagnostic.severity, colour)
    files = _marks(diagnostic)
    gutter = max(len(str(mark.line)) for marks in files.values() for mark in marks)
    bar = palette.frame(" " * gutter + " |")
    title = palette.title(f"{diagnostic.severity}[{diagnostic.code}]")
    lines = [title + palette.message(f": {visible(diagnostic.text)}")]
    home = diagnostic.span.source
    for source, marks in files.items():
        first = next((mark for mark in marks if mark.primary), marks[0])
        arrow = "-->" if source is home else ":::"
        place = visible(source.name)
        if source.text:
            place += f":{first.line}:{first.start + 1}"
        if source is not home:
            lines.append(bar)
        lines.append(f"{palette.frame(' ' * gutter + arrow)} {place}")
        if source.text:  # a file that could not be read, or is empty, has nothing to show
            lines += [bar, *excerpt(source, marks, gutter, palette)]
    notes = list(_notes(diagnostic, palette))
    if notes:
        lines.append(bar)
    for note in notes:
        first_line, *rest = note.split("\n")
        lines.append(f"{' ' * gutter} {palette.frame('=')} {first_line}")
        lines += [f"{' ' * gutter}   {line}" for line in rest]
    return "\n".join(lines)


def render_all(diagnostics: Sequence[Diagnostic], *, colour: bool, most: int = MOST) -> str:
    """The first diagnostics, separated by blank lines, with a count of all at the end; empty for none."""
    if not diagnostics:
        return ""
    shown = [render(d, colour=colour) for d in diagnostics[:most]]
    return "\n\n".join([*shown, *left_out(diagnostics, most), count(diagnostics)])


def left_out(diagnostics: Sequence[Diagnostic], most: int) -> tuple[str, ...]:
    """A line about the diagnostics that are not shown, if there are any."""
    more = len(diagnostics) - most
    return (f"… and {more} more",) if more > 0 else ()


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """The numbers of errors and warnings: ``2 errors, 1 warning``."""
    errors = sum(d.is_error for d in diagnostics)
    parts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in parts if n) or "no errors"


def _marks(diagnostic: Diagnostic) -> dict[SourceFile, list[Mark]]:
    """The marks by file: the primary one first, then those of the labels."""
    files = {diagnostic.span.source: [Mark.of(diagnostic.primary, primary=True)]}
    for label in diagnostic.labels:
        files.setdefault(label.span.source, []).append(Mark.of(label, primary=False))
    return files


def _notes(diagnostic: Diagnostic, palette: Palette) -> Iterator[str]:
    where = _where(diagnostic.trace, diagnostic.more, diagnostic.span.source)
    if where:
        yield where
    for text in advice(diagnostic):
        yield f"{palette.advice('help')}: {visible(text)}"


def _where(trace: Sequence[Frame], more: int, home: SourceFile) -> str:
    """The chain of instances, innermost first, and the number of others with the same mistake."""
    others = f"and {more} more instance{'s' * (more != 1)}" if more else ""
    if not trace:
        return others
    parts = [f"in {visible(trace[0].call)}"]
    if len(trace) == 1 and trace[0].span.source is not home:
        parts[0] += f" at {_place(trace[0], home)}"
    parts += [f"from {visible(outer.call)} at {_place(inner, home)}" for inner, outer in pairwise(trace)]
    if len(parts) > _FRAMES:
        parts[2:-1] = [f"through {len(parts) - 3} more"]
    lines = [parts[0]]
    for part in parts[1:]:
        if width(lines[-1]) + width(part) + 2 <= _WRAP:
            lines[-1] += f", {part}"
        else:
            lines[-1] += ","
            lines.append(part)
    return "\n".join(lines) + (f"; {others}" if others else "")


def _place(frame: Frame, home: SourceFile) -> str:
    line, column = frame.span.source.position(frame.span.start)
    file = "" if frame.span.source is home else f"{visible(frame.span.source.name)}:"
    return f"{file}{line}:{column}"
