"""Plain tables: rows and columns as text for a terminal, CSV, Markdown or HTML.

A cell has two forms: words for readers, and a value for programs. What comes from a spec is escaped in each format.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple, TypeAlias

from archdsl.diagnostics.display import visible, width

Format: TypeAlias = Literal["text", "csv", "markdown", "html"]
_BOLD = "\x1b[1m"
_PLAIN = "\x1b[0m"
_SPECIAL = re.compile(r"[\\`*|~]|(?<=\])\(|(?<!\w)_|_(?!\w)")


class Column(NamedTuple):
    name: str
    """For programs: the head of a CSV column, the member of a JSON object, the word after ``--sort``."""
    title: str
    numeric: bool = True
    """Whether its cells are aligned to the right."""


class Cell(NamedTuple):
    text: str
    value: int | float | str | None
    """``None`` where nothing is known."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, one for each column. ``notes`` stand below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def render(table: Table, format: Format, *, colour: bool = False) -> str:
    """The table in a format, with a line break at its end. ``colour`` is for text on a terminal."""
    match format:
        case "text":
            return _text(table, colour)
        case "csv":
            return _csv(table)
        case "markdown":
            return _markdown(table)
        case "html":
            return _html(table)


def _text(table: Table, colour: bool) -> str:
    lines = [[column.title for column in table.columns]]
    lines += [[visible(cell.text).replace("\n", " ") for cell in row] for row in table.rows]
    widths = [max(map(width, cells)) for cells in zip(*lines, strict=True)]
    shown = [_line(cells, widths, table.columns) for cells in lines]
    if colour:
        shown[0] = f"{_BOLD}{shown[0]}{_PLAIN}"
    return "\n".join([*shown, *([""] if table.notes else []), *map(visible, table.notes)]) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    padded = []
    for cell, size, column in zip(cells, widths, columns, strict=True):
        space = " " * (size - width(cell))
        padded.append(space + cell if column.numeric else cell + space)
    return "  ".join(padded).rstrip()


def _csv(table: Table) -> str:
    """As RFC 4180 has it, but for the line ends; an unknown value is an empty field."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([cell.value for cell in row] for row in table.rows)
    return stream.getvalue()


def _markdown(table: Table) -> str:
    """As GitHub reads it."""
    lines = [
        _bar(column.title for column in table.columns),
        _bar("---:" if column.numeric else "---" for column in table.columns),
        *(_bar(_escaped(cell.text) for cell in row) for row in table.rows),
    ]
    return "\n".join([*lines, *(part for note in table.notes for part in ("", _escaped(note)))]) + "\n"


def _bar(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that Markdown takes for nothing else. Within words and numbers underscores mean nothing.

    >>> print(_escaped("a|b 25_610 <b> _c_ [d](e)"))
    a\\|b 25_610 &lt;b&gt; \\_c\\_ [d]\\(e)
    """
    return _SPECIAL.sub(r"\\\g<0>", escape(visible(text).replace("\n", " "), quote=False))


_STYLE = """\
:root { color-scheme: light dark; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: max-content; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { font-size: 1.25rem; font-weight: 600; text-align: left; padding-bottom: .75rem; }
th, td { padding: .3rem .7rem; text-align: left; white-space: nowrap; }
th { border-bottom: 2px solid; position: sticky; top: 0; background: Canvas; }
td { border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
tbody tr:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
.number { text-align: right; }
p { max-width: 70ch; }"""


def _html(table: Table) -> str:
    """One page that loads nothing and runs nothing. A figure that is rounded shows the exact one on hover."""
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.title)}</th>' for column in table.columns)
    rows = ["".join(_td(cell, column) for cell, column in zip(row, table.columns, strict=True)) for row in table.rows]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{escape(visible(table.title))}</title>",
            f"<style>\n{_STYLE}\n</style>",
            "</head>",
            "<body>",
            "<table>",
            f"<caption>{escape(visible(table.title))}</caption>",
            f"<thead><tr>{head}</tr></thead>",
            "<tbody>",
            *(f"<tr>{row}</tr>" for row in rows),
            "</tbody>",
            "</table>",
            *(f"<p>{escape(visible(note))}</p>" for note in table.notes),
            "</body>",
            "</html>",
            "",
        ]
    )


def _class(column: Column) -> str:
    return ' class="number"' if column.numeric else ""


def _td(cell: Cell, column: Column) -> str:
    text = visible(cell.text).replace("\n", " ")
    exact = visible(str(cell.value))
    hint = "" if cell.value is None or exact == text else f' title="{escape(exact)}"'
    return f"<td{_class(column)}{hint}>{escape(text)}</td>"
