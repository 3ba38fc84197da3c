"""Tables as CSV, for spreadsheets and data frames: names and unrounded values."""

from __future__ import annotations

import csv
import io

from archdsl.diagnostics.display import visible
from archdsl.tabular.model import Cell, Table


def write(table: Table) -> str:
    """CSV as in RFC 4180, except for line ends; an unknown value is an empty field.

    A text that a spreadsheet would take for a formula begins with an apostrophe: names are a spec's, and a spec may
    come from anywhere (OWASP, "CSV injection").
    """
    table = table.without_bars()
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_harmless(cell) for cell in row.cells] for row in table.rows)
    return stream.getvalue()


def _harmless(cell: Cell) -> int | float | str | None:
    value = cell.value
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
