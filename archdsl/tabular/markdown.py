"""Tables in GitHub's Markdown, for READMEs, pull requests and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from archdsl.diagnostics.display import visible
from archdsl.tabular.model import Row, Table

_SPECIAL = re.compile(r"[\\`*|~]|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])")


def write(table: Table, *, titled: bool = False) -> str:
    """The table, with its title in bold above if it is to be ``titled``, and its notes as paragraphs below."""
    table = table.without_bars()
    lines = [
        _bar(_escaped(column.title) for column in table.columns),
        _bar("---:" if column.kind == "figure" else "---" for column in table.columns),
        *map(_row, table.rows),
    ]
    if titled and table.title:
        lines[:0] = [f"**{_escaped(table.title)}**", ""]
    return "\n".join([*lines, *(part for note in table.notes for part in ("", _escaped(note)))]) + "\n"


def _row(row: Row) -> str:
    first, *others = (_escaped(cell.text) for cell in row.cells)
    return _bar(["&emsp;" * row.level + first, *others])


def _bar(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text with Markdown's marks escaped. Within words and numbers underscores need no escape.

    >>> print(_escaped("a|b 25_610 <b> _c_ [d](e)"))
    a\\|b 25_610 &lt;b&gt; \\_c\\_ [d]\\(e)
    """
    return _SPECIAL.sub(r"\\\g<0>", escape(visible(text).replace("\n", " "), quote=False))
