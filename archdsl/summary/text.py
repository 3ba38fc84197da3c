"""The summary as a table for a terminal: one row an instance or op, repeats folded, totals below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.diagnostics.display import visible, width
from archdsl.graph.dims import show
from archdsl.graph.model import Port
from archdsl.summary.columns import COLUMNS, narrower
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Row, Summary
from archdsl.summary.table import label, memories, portions, rows, title, totals
from archdsl.summary.views import folded

_BOLD, _DIM, _PLAIN = "1", "2", ""
_WIDEST = 72
"""Cells for the first column; a longer call is cut, for the figures to stay in sight."""
_BAR = 20
"""Cells of the bar that stands for all parameters."""


class _Line(NamedTuple):
    cells: tuple[str, ...]
    style: str = _PLAIN


def to_text(
    summary: Summary,
    *,
    depth: int | None = None,
    columns: Sequence[str] | None = None,
    room: int | None = None,
    colour: bool = False,
) -> str:
    """A row for each instance and op with its figures, then the totals.

    ``depth`` is how far the tree is opened: 1 shows what the model itself is written of. Siblings in a row that are
    alike share one row (``Bottleneck(64) ×2``), whose figures, like those below it, count all of them: columns add up.
    Without ``columns`` there are as many as fit into ``room`` cells.
    """
    names = tuple(columns) if columns is not None else tuple(COLUMNS)
    table = _table(summary, names, depth)
    while columns is None and room is not None and _width(table) > room and narrower(names) != names:
        names = narrower(names)
        table = _table(summary, names, depth)
    figures = tuple(False if index == 0 else COLUMNS[names[index - 1]].is_figure for index in range(len(names) + 1))
    parts = [
        [_paint(visible(title(summary)), _BOLD if colour else _PLAIN)],
        _aligned(table, figures, colour),
        list(_totals(summary)),
        list(_memory(summary)),
        list(_shares(summary, colour)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _table(summary: Summary, names: Sequence[str], depth: int | None) -> list[_Line]:
    head = _Line(("", *(COLUMNS[name].title for name in names)), _BOLD)
    ports = (_port(port, names) for port in summary.inputs)
    return [head, *ports, *(_line(row, level, names) for level, row in rows(folded(summary.root), depth))]


def _port(port: Port, names: Sequence[str]) -> _Line:
    return _Line((visible(port.name), *(show(port.shape) if name == "output" else "" for name in names)))


def _line(row: Row, level: int, names: Sequence[str]) -> _Line:
    text = "  " * level + visible(label(row))
    if width(text) > _WIDEST:
        while width(text) >= _WIDEST:
            text = text[:-1]
        text += "…"
    return _Line((text, *(COLUMNS[name].shown(row) for name in names)), _DIM if row.kind == "op" and level else _PLAIN)


def _width(table: Sequence[_Line]) -> int:
    return sum(_widths(table)) + 2 * (len(table[0].cells) - 1)


def _widths(table: Sequence[_Line]) -> list[int]:
    return [max(map(width, column)) for column in zip(*(line.cells for line in table), strict=True)]


def _aligned(table: Sequence[_Line], figures: Sequence[bool], colour: bool) -> list[str]:
    """Words to the left, figures to the right."""
    widths = _widths(table)
    lines = []
    for line in table:
        padded = []
        for cell, size, is_figure in zip(line.cells, widths, figures, strict=True):
            space = " " * (size - width(cell))
            padded.append(space + cell if is_figure else cell + space)
        lines.append(_paint("  ".join(padded).rstrip(), line.style if colour else _PLAIN))
    return lines


def _totals(summary: Summary) -> Iterator[str]:
    found = totals(summary)
    size, names = max(len(total.exact) for total in found), max(len(total.name) for total in found)
    for total in found:
        rounded = f"  ({total.rounded})" if total.rounded not in ("", total.exact) else ""
        yield f"{total.name:<{names}}  {total.exact:>{size}}{rounded}"


def _memory(summary: Summary) -> Iterator[str]:
    yield f"memory of a batch of {summary.estimate.batch} in {summary.estimate.dtype}"
    for name, text in memories(summary):
        yield f"{name:<9}  {text}"


def _shares(summary: Summary, colour: bool) -> list[str]:
    found = portions(summary)
    if not found:
        return []
    lines = [_Line(("share", "params", "", "", "MACs", ""), _BOLD)]
    for share in found:
        bar = "█" * round(share.of_params * _BAR) or ("▏" if share.params else "")
        part = "" if share.of_macs is None else f"{share.of_macs:.1%}"
        lines.append(_Line((share.kind, exact(share.params), f"{share.of_params:.1%}", bar, human(share.macs), part)))
    return _aligned(lines, (False, True, True, False, True, True), colour)


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text
