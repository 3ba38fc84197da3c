"""Tables in each format, and what a hostile spec can put into their cells."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from archdsl.tabular import Cell, Column, Row, Table, render

HOSTILE = '<script>alert(1)</script>|"x"\n\x1b[31m\u202e'
COLUMNS = (Column("name", "Name", "words"), Column("size", "Size"))


def _table(*rows: tuple[Cell, ...], notes: tuple[str, ...] = ()) -> Table:
    return Table("T <b>", COLUMNS, tuple(map(Row, rows)), notes)


def test_text_aligns_words_left_and_numbers_right() -> None:
    table = _table((Cell("a", "a"), Cell("10", 10)), (Cell("畳み", "畳み"), Cell("1_000", 1000)), notes=("a note",))
    assert render(table) == "Name   Size\na        10\n畳み  1_000\n\na note\n"


def test_colour_is_for_the_head_alone() -> None:
    text = render(_table((Cell("a", "a"), Cell("1", 1))), colour=True)
    assert text.splitlines()[0] == "\x1b[1mName  Size\x1b[0m"
    assert "\x1b" not in "".join(text.splitlines()[1:])


def test_csv_has_names_and_exact_values() -> None:
    table = _table((Cell('a,"b"', 'a,"b"'), Cell("1.5 M", 1_500_000)), (Cell("c", "c"), Cell("–", None)))
    assert list(csv.reader(io.StringIO(render(table, format="csv")))) == [
        ["name", "size"],
        ['a,"b"', "1500000"],
        ["c", ""],
    ]


def test_markdown_keeps_its_columns_whatever_cells_hold() -> None:
    lines = render(_table((Cell("a|b\nc", ""), Cell("25_610", 25_610))), format="markdown").splitlines()
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
    page = render(_table((Cell(HOSTILE, HOSTILE), Cell("1.5 M", 1_500_000)), notes=(HOSTILE,)), format="html")
    read = _Tags()
    read.feed(page)
    assert set(read.tags) == {
        *("html", "head", "meta", "title", "style", "body", "h1", "main", "section"),
        *("table", "thead", "tbody", "tr", "th", "td", "p"),
    }
    assert "default-src 'none'" in page
    assert 'title="1500000">1.5 M<' in page, "the exact figure shows on hover"
    assert not any(c in page for c in "\x1b\u202e")
    assert any("<script>alert(1)</script>" in text for text in read.texts), "it is shown as text"


def test_no_format_passes_control_characters_on_to_a_terminal() -> None:
    table = _table((Cell(HOSTILE, 1), Cell("1", 1)), notes=(HOSTILE,))
    for format in ("text", "markdown"):
        assert "\x1b" not in render(table, format=format)  # type: ignore[arg-type]
        assert "\u202e" not in render(table, format=format)  # type: ignore[arg-type]


def _tree() -> Table:
    def row(name: str, part: float, level: int) -> Row:
        return Row((Cell.words(name), Cell(f"{part:.0%}", part), Cell("", part)), level, is_quiet=level > 1)

    columns = (Column("name", "", "words"), Column("part", "part"), Column("bar", "", "bar"))
    rows = (row("a", 0.5, 0), row("b", 0.25, 1), row("c", 0.25, 2), row("d", 0.25, 1), row("e", 0.5, 0))
    return Table("tree", columns, rows, spare=("bar", "part"), opened=2)


def test_trees_are_indented_in_text_and_markdown() -> None:
    assert render(_tree()).splitlines() == [
        "       part",
        "a       50%  ██████████",
        "  b     25%  █████",
        "    c   25%  █████",
        "  d     25%  █████",
        "e       50%  ██████████",
    ]
    assert render(_tree(), format="markdown").splitlines()[2:5] == [
        "| a | 50% |",
        "| &emsp;b | 25% |",
        "| &emsp;&emsp;c | 25% |",
    ]


def test_trees_fold_in_html() -> None:
    page = render(_tree(), format="html")
    assert (page.count("<details"), page.count("<details open"), page.count("</details>")) == (2, 1, 2)
    assert page.index(">c<") < page.index("</details>") < page.index(">d<")
    assert 'style="width: 25.0%"' in page


def test_rows_that_are_quiet_are_dim() -> None:
    lines = render(_tree(), colour=True).splitlines()
    assert [line.startswith("\x1b[2m") for line in lines[1:]] == [False, False, True, False, False]


def test_a_narrow_terminal_has_fewer_columns() -> None:
    assert [len(render(_tree(), room=room).splitlines()[1].split()) for room in (40, 12, 6)] == [3, 2, 1]


def test_long_words_of_a_tree_leave_room_for_its_figures() -> None:
    rows = tuple(Row((Cell.words(name), Cell("1", 1)), level) for level, name in enumerate(("a", "畳" * 50)))
    long = render(Table("", COLUMNS, rows)).splitlines()[2]
    assert long.startswith("  畳")
    assert "…  " in long
    assert len(long) < 50


def test_a_narrow_terminal_cuts_words_where_fewer_columns_are_not_enough() -> None:
    table = Table("", COLUMNS, (Row((Cell.words("a" * 90), Cell("1", 1))),))
    assert len(render(table).splitlines()[1]) > 90, "all of it, where nobody says how much room there is"
    assert [len(render(table, room=room).splitlines()[1]) for room in (60, 40)] == [60, 40]
    assert "a" * 15 + "…" in render(table, room=5)


def test_several_tables_have_titles_and_those_without_heads_are_lists() -> None:
    listed = Table("list", (Column("name", "", "words"), Column("size", "")), (Row((Cell.words("a"), Cell("1", 1))),))
    other = _table((Cell.words("b"), Cell("2", 2)))
    assert render(listed, other) == "list\na  1\n\nT <b>\n\nName  Size\nb        2\n"
    assert render(listed, other, format="markdown").startswith("**list**\n\n|  |  |\n| --- | ---: |\n| a | 1 |\n\n**T ")
    page = render(other, listed, format="html")
    assert "<h1>T &lt;b&gt;</h1>" in page
    assert "<h2>list</h2>" in page
    assert page.count("<thead>") == 1


def test_spreadsheets_run_nothing() -> None:
    table = _table((Cell.words("=cmd()"), Cell("-5", -5)), (Cell.words("@SUM(1)"), Cell("x", "+1")))
    assert render(table, format="csv").splitlines()[1:] == ["'=cmd(),-5", "'@SUM(1),'+1"]
