"""Inlay hints: the shape after each step, in the shown instance of each block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archdsl.service.analysis import Analysis
from archdsl.service.nodes import below
from archdsl.service.steps import Flow, flow, instance
from archdsl.syntax import ast


class Hint(NamedTuple):
    """A text shown at a place, with its tooltip."""

    offset: int
    text: str
    tip: str


def hints(analysis: Analysis, start: int, end: int) -> tuple[Hint, ...]:
    """The hints of steps in a range: at the end of lines, or where a flow that continues changes shape."""
    found: list[Hint] = []
    for decl in analysis.parsed.declarations:
        if isinstance(decl, ast.Block) and decl.span.start <= end and start <= decl.span.end:
            shown = flow(analysis, decl)
            if shown is not None:
                found += (hint for hint in _of(analysis, decl, shown) if start <= hint.offset <= end)
    return tuple(sorted(found))


def _of(analysis: Analysis, decl: ast.Block, shown: Flow) -> Iterator[Hint]:
    tip = f"in `{instance(shown.observation)}`"
    for node in below(decl.body):
        if isinstance(node, ast.Flow):
            before = ""
            for number, step in enumerate(node.steps, 1):
                made = shown.made(step)
                text = made.text if made is not None else ""
                is_turn = text != before and number < len(node.steps)
                if text and not _states(step) and (is_turn or _ends_line(analysis, step)):
                    yield Hint(step.span.end, text, tip)
                before = text


def _states(step: ast.Step) -> bool:
    """Whether the source states the shape already."""
    while isinstance(step, ast.Tap):
        step = step.step
    return isinstance(step, ast.Claim)


def _ends_line(analysis: Analysis, step: ast.Step) -> bool:
    line = analysis.lines.position(step.span.end).line
    rest = analysis.text[step.span.end : analysis.lines.end(line)].strip()
    return not rest or rest.startswith("#")
