"""Tables in each format, and what a hostile spec can put into their cells."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from archdsl.tabular import Cell, Column, Table, render

HOSTILE = '<script>alert(1)</script>|"x"\n\x1b[31m\u202e'
COLUMNS = (Column("name", "Name", numeric=False), Column("size", "Size"))


def _table(*rows: tuple[Cell, ...], notes: tuple[str, ...] = ()) -> Table:
    return Table("T <b>", COLUMNS, rows, notes)


def test_text_aligns_words_left_and_numbers_right() -> None:
    table = _table((Cell("a", "a"), Cell("10", 10)), (Cell("畳み", "畳み"), Cell("1_000", 1000)), notes=("a note",))
    assert render(table, "text") == "Name   Size\na        10\n畳み  1_000\n\na note\n"


def test_colour_is_for_the_head_alone() -> None:
    text = render(_table((Cell("a", "a"), Cell("1", 1))), "text", colour=True)
    assert text.splitlines()[0] == "\x1b[1mName  Size\x1b[0m"
    assert "\x1b" not in "".join(text.splitlines()[1:])


def test_csv_has_names_and_exact_values() -> None:
    table = _table((Cell('a,"b"', 'a,"b"'), Cell("1.5 M", 1_500_000)), (Cell("c", "c"), Cell("–", None)))
    assert list(csv.reader(io.StringIO(render(table, "csv")))) == [["name", "size"], ['a,"b"', "1500000"], ["c", ""]]


def test_markdown_keeps_its_columns_whatever_cells_hold() -> None:
    lines = render(_table((Cell("a|b\nc", ""), Cell("25_610", 25_610))), "markdown").splitlines()
    assert lines == ["| Name | Size |", "| --- | ---: |", "| a\\|b c | 25_610 |"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_one_page_that_a_spec_cannot_write_to() -> None:
    page = render(_table((Cell(HOSTILE, HOSTILE), Cell("1.5 M", 1_500_000)), notes=(HOSTILE,)), "html")
    read = _Tags()
    read.feed(page)
    assert set(read.tags) == {
        *("html", "head", "meta", "title", "style", "body", "table", "caption", "thead", "tbody", "tr", "th", "td", "p")
    }
    assert "default-src 'none'" in page
    assert 'title="1500000">1.5 M<' in page, "the exact figure shows on hover"
    assert not any(c in page for c in "\x1b\u202e")
    assert any("<script>alert(1)</script>" in text for text in read.texts), "it is shown as text"


def test_no_format_passes_control_characters_on_to_a_terminal() -> None:
    table = _table((Cell(HOSTILE, 1), Cell("1", 1)), notes=(HOSTILE,))
    for format in ("text", "markdown"):
        assert "\x1b" not in render(table, format)  # type: ignore[arg-type]
        assert "\u202e" not in render(table, format)  # type: ignore[arg-type]
