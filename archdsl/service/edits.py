"""Text edits."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from archdsl.source import SourceFile, Span


class Edit(NamedTuple):
    """A replacement of one piece of a text."""

    span: Span
    text: str


def difference(source: SourceFile, changed: str, start: int = 0, end: int | None = None) -> tuple[Edit, ...]:
    """Line edits that turn a text into another; only those that touch ``start`` to ``end``."""
    return tuple(
        edit for edit in _edits(source, changed) if edit.span.end >= start and (end is None or edit.span.start <= end)
    )


def _edits(source: SourceFile, changed: str) -> Iterator[Edit]:
    before, after = source.text.splitlines(keepends=True), changed.splitlines(keepends=True)
    offsets = [0]
    for line in before:
        offsets.append(offsets[-1] + len(line))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            yield Edit(Span(source, offsets[i1], offsets[i2]), "".join(after[j1:j2]))
