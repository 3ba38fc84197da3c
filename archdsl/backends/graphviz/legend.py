"""The header of a diagram: the model's name and figures, and a legend of the colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archdsl.backends.graphviz.style import markup
from archdsl.diagram.heat import Heat
from archdsl.diagram.plan import Plan
from archdsl.diagram.theme import SIGNS, Look, Palette
from archdsl.graph.model import Graph
from archdsl.summary.figures import human

_ACROSS: Final = 3
"""Entries beside each other: no wider than most diagrams."""
_GAP: Final = '<td width="6"></td>'
_BESIDE: Final = 8
"""Cells on either side of the legend, which take nearly all of what a long name is wider by."""


def header(graph: Graph, drawn: Plan, palette: Palette, heat: Heat | None) -> str:
    """A table in DOT's HTML-like labels. Only what occurs in the diagram is explained."""
    costs = drawn.costs
    figures = f"{human(costs.params)} parameters, {human(costs.macs)} MACs, depth {costs.depth}"
    wide = f'<td colspan="{2 * _BESIDE + 1}">'
    cells = [
        f'{wide}<b><font point-size="14">{markup(graph.name) or " "}</font></b></td>',
        f"{wide}{markup(figures)}</td>",
    ]
    if entries := _entries(_meanings(drawn, palette, heat), palette):
        legend = _table(entries, 'cellspacing="3" cellpadding="1"')
        beside = '<td cellpadding="0"></td>' * _BESIDE
        cells.append(f'{beside}<td cellpadding="0">{legend}</td>{beside}')
    table = _table(cells, 'cellspacing="0" cellpadding="2"')
    return f"<{table}>"


def _table(rows: Sequence[str], looks: str) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table border="0" cellborder="0" {looks}>{body}</table>'


def _meanings(drawn: Plan, palette: Palette, heat: Heat | None) -> list[tuple[str, Look]]:
    boxes = [*drawn.boxes()]
    marks = {box.mark for box in boxes} | {frame.mark for frame in drawn.frames()}
    found = [(f"{SIGNS[mark]}{mark}", look) for mark, look in palette.marks.items() if mark in marks]
    if heat:
        what = "parameters" if heat.what == "params" else "MACs"
        scale = heat.scale()
        texts = [f"{scale[0]} of {what}", *scale[1:]]
        return [*found, *zip(texts, palette.heat, strict=True)]
    families = {box.family for box in boxes if not box.mark}
    return [*found, *((name, look) for name, look in palette.families.items() if name in families)]


def _entries(meanings: Sequence[tuple[str, Look]], palette: Palette) -> list[str]:
    rows = []
    for start in range(0, len(meanings), _ACROSS):
        cells = _GAP.join(_entry(text, look, palette) for text, look in meanings[start : start + _ACROSS])
        rows.append(cells)
    return rows


def _entry(text: str, look: Look, palette: Palette) -> str:
    """A colour swatch with its meaning."""
    style = f"rounded,{look.style}" if look.style in ("dashed", "dotted") else "rounded"
    border = 2 if look.style == "bold" else 1
    swatch = f'border="{border}" bgcolor="{look.fill}" color="{look.line}" style="{style}" width="18" height="10"'
    small = f'<font point-size="9" color="{palette.muted}">{markup(text)}</font>'
    return f'<td {swatch} fixedsize="true"></td><td align="left">{small}</td>'
