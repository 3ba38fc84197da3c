"""Changes of a file as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

import click

from archdsl.cli.terminal import colour


def patch(name: str, before: str, after: str) -> str:
    """A diff for ``patch`` and ``git apply -p0``, coloured on a terminal; empty for equal texts."""
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name)
    return "".join(_coloured(lines) if colour() else _ended(lines))


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _coloured(lines: Iterator[str]) -> Iterator[str]:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in _ended(lines):
        yield click.style(line, fg=colours[line[0]]) if line[0] in colours else line
