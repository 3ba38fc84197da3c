"""Whatever the source and wherever the mistake, the message is readable and its mark points at it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archdsl.diagnostics import Label, json, sarif
from archdsl.diagnostics.display import lay_out, width
from archdsl.diagnostics.terminal import render
from archdsl.source import SourceFile, Span
from tests.unit.diagnostics.samples import Sample

TEXT = st.text(st.one_of(st.sampled_from("ab \t\n\r(層é\u0301\u202e\x1b"), st.characters(codec="utf-8")), max_size=300)
OFFSET = st.integers(0, 300)


def span(text: str, one: int, other: int) -> Span:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    return Span(SourceFile("specs/a.arch", text), start, end)


@given(TEXT, OFFSET, OFFSET, OFFSET, OFFSET)
def test_any_source_and_place(text: str, a: int, b: int, c: int, d: int) -> None:
    first = span(text, a, b)
    second = Span(first.source, *span(text, c, d)[1:])
    found = Sample(span=first, what=text[:40], note=text[:20], labels=(Label(second, text[20:30]),))
    shown = render(found, colour=False)
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert max(map(width, shown.split("\n"))) < 500
    json.render_all([found])
    sarif.render_all([found])


@given(st.text("abc層 \t", min_size=1, max_size=200), OFFSET, st.integers(10, 120))
def test_mark_stands_under_its_character(line: str, at: int, limit: int) -> None:
    at = min(at, len(line) - 1)
    shown = lay_out(line, at, at + 1, limit)
    assert width(shown.text) <= limit + 2
    if not line[at].isspace():
        cell, index = 0, 0
        while cell < shown.cells[at]:
            cell += width(shown.text[index])
            index += 1
        assert (cell, shown.text[index]) == (shown.cells[at], line[at])
