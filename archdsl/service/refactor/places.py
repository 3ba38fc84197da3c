"""Selections of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archdsl.service.analysis import Analysis
from archdsl.service.nodes import below, path
from archdsl.source import Span
from archdsl.syntax import ast


class Selected(NamedTuple):
    """Consecutive steps of a flow."""

    block: ast.Block
    flow: ast.Flow
    first: int
    """The number of the first one in the flow."""
    steps: Sequence[ast.Step]

    @property
    def span(self) -> Span:
        return self.steps[0].span.to(self.steps[-1].span)


def selected(analysis: Analysis, start: int, end: int) -> Selected | None:
    """The steps that a selection covers, up to blanks and arrows at its ends; ``None`` if it cuts through one."""
    text = analysis.text
    while start < end and text[start] in " \t\r\n":
        start += 1
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    if text.startswith("->", start):
        start += 2
    if text.endswith("->", start, end):
        end -= 2
    block = analysis.declaration(start)
    if not isinstance(block, ast.Block) or start >= end or end > block.span.end:
        return None
    for node in reversed(path(block.body, start + len(text[start:end]) - len(text[start:end].lstrip()))):
        if not isinstance(node, ast.Flow):
            continue
        inside = [n for n, step in enumerate(node.steps) if start <= step.span.start and step.span.end <= end]
        touched = [n for n, step in enumerate(node.steps) if step.span.start < end and step.span.end > start]
        if inside and inside == touched:
            return Selected(block, node, inside[0], [node.steps[n] for n in inside])
    return None


def step_around(block: ast.Block, offset: int) -> tuple[ast.Flow, int] | None:
    """The innermost step around a place: its flow, and its index there."""
    found: tuple[ast.Flow, int] | None = None
    for node in below(block.body):
        if isinstance(node, ast.Flow):
            for number, step in enumerate(node.steps):
                if step.span.start <= offset <= step.span.end:
                    found = node, number
    return found


def indent(text: str, offset: int) -> str:
    """The indentation of the line of a place."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip())]
