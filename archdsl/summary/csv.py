"""The rows of a summary as CSV, for spreadsheets and data frames: plain figures, memory in bytes, nothing folded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from archdsl.summary.columns import COLUMNS
from archdsl.summary.model import Summary
from archdsl.summary.table import rows


def to_csv(summary: Summary, *, depth: int | None = None, columns: Sequence[str] | None = None) -> str:
    """One line a row, the model itself first: its place in the tree, what it is, and the columns.

    Quoted as RFC 4180 says, lines ended by a line feed. A text that a spreadsheet would take for a formula begins with
    an apostrophe.
    """
    names = tuple(columns) if columns is not None else tuple(COLUMNS)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["level", "path", "name", "kind", "call", "count", *names])
    for level, row in [(-1, summary.root), *rows(summary.root, depth)]:
        words = (row.path, row.name, row.kind, row.call)
        figures = (COLUMNS[name].plain(row) for name in names)
        writer.writerow([level + 1, *map(_harmless, words), row.count, *map(_harmless, figures)])
    return out.getvalue()


def _harmless(text: str) -> str:
    """Names are a spec's, and a spec may come from anywhere (OWASP, "CSV injection")."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
