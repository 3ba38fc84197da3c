"""The summary as Markdown, for READMEs, pull requests and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archdsl.diagnostics.display import visible
from archdsl.graph.dims import show
from archdsl.summary.columns import COLUMNS
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Summary
from archdsl.summary.table import label, memories, portions, rows, title, totals
from archdsl.summary.views import folded


def to_markdown(summary: Summary, *, depth: int | None = None, columns: Sequence[str] | None = None) -> str:
    """The table with repeats folded, then the totals and the shares, as tables of GitHub's dialect."""
    names = tuple(columns) if columns is not None else tuple(COLUMNS)
    figures = [COLUMNS[name].is_figure for name in names]
    body = [
        (_escaped(port.name), *(show(port.shape) if name == "output" else "" for name in names))
        for port in summary.inputs
    ]
    body += [
        ("&emsp;" * level + _escaped(label(row)), *(COLUMNS[name].shown(row) for name in names))
        for level, row in rows(folded(summary.root), depth)
    ]
    parts = [
        f"**{_escaped(title(summary))}**",
        _table(("", *(COLUMNS[name].title for name in names)), [False, *figures], body),
        _table(
            ("", "exact", "rounded"),
            [False, True, False],
            ((total.name, total.exact, total.rounded) for total in totals(summary)),
        ),
        _table(
            (f"memory, batch of {summary.estimate.batch}, {summary.estimate.dtype}", ""),
            [False, False],
            memories(summary),
        ),
        _table(
            ("share", "params", "", "MACs", ""),
            [False, True, True, True, True],
            (
                (share.kind, exact(share.params), f"{share.of_params:.1%}", human(share.macs), _percent(share.of_macs))
                for share in portions(summary)
            ),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.1%}"


def _table(head: Sequence[str], figures: Sequence[bool], body: Iterable[Sequence[str]]) -> str:
    rule = "|".join("---:" if figure else "---" for figure in figures)
    lines = [_cells(head), f"|{rule}|", *map(_cells, body)]
    return "\n".join(lines)


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text of a spec that stays text: neither markup nor the end of a cell.

    >>> _escaped("a|b *c* first_block [x](y)")
    'a\\\\|b \\\\*c\\\\* first_block \\\\[x](y)'
    """
    line = visible(text).replace("\n", " ")
    return re.sub(r"[\\`*\[<|~&]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", line)
