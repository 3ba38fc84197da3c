"""The summary as a table for a terminal: one row an instance or op, repeats folded, totals below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from archdsl.diagnostics.display import visible, width
from archdsl.graph.dims import show
from archdsl.graph.model import Port
from archdsl.graph.tree import is_derived
from archdsl.passes.cost import NodeCost
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Row, Summary

_BOLD, _DIM, _PLAIN = "1", "2", ""
_WIDEST = 72
"""Cells for the first column; a longer call is cut, for the figures to stay in sight."""


class _Line(NamedTuple):
    cells: tuple[str, ...]
    style: str


_HEAD = _Line(("", "output", "params", "trainable", "MACs"), _BOLD)


def to_text(summary: Summary, *, levels: int | None = None, colour: bool = False) -> str:
    """A row for each instance and op with its output shape, weights and multiply-adds, then the totals.

    ``levels`` is how far the tree is opened: 1 shows what the model itself is written of. Siblings in a row that are
    alike share one row (``Bottleneck(64) ×2``), whose figures, like those below it, count all of them: columns add up.
    """
    lines = [_HEAD, *(_port(port) for port in summary.inputs), *_children(summary.root, 0, levels)]
    widths = [max(width(line.cells[column]) for line in lines) for column in range(len(_HEAD.cells))]
    table = [_paint(_align(line.cells, widths), line.style if colour else _PLAIN) for line in lines]
    title = f"{summary.model} :: {_signature(summary.inputs)} -> {_signature(summary.outputs)}"
    return "\n".join([_paint(visible(title), _BOLD if colour else _PLAIN), "", *table, "", *_totals(summary)]) + "\n"


def _port(port: Port) -> _Line:
    return _Line((visible(port.name), show(port.shape), "", "", ""), _PLAIN)


def _children(row: Row, depth: int, levels: int | None) -> Iterator[_Line]:
    if depth == levels:
        return
    for first, count in _fold(row.children):
        yield _line(first, count, depth)
        yield from _children(first, depth + 1, levels)


def _fold(rows: Sequence[Row]) -> Iterator[tuple[Row, int]]:
    """Runs of rows that are alike, each as one row with the figures of all of them."""
    for _, run in groupby(rows, key=_likeness):
        alike = list(run)
        first, count = alike[0], len(alike)
        if count > 1:
            names = first.name if _unnamed(first) else f"{first.name} … {alike[-1].name}"
            first = replace(_times(first, count), name=names)
        yield first, count


def _unnamed(row: Row) -> bool:
    """Whether the call says all that the name does. Of blocks that repeat, the number tells which one it is."""
    numbered = row.kind == "block" and row.name[-1:].isdecimal()
    return row.kind != "group" and not numbered and is_derived(row.name, row.call.partition("(")[0])


def _times(row: Row, count: int) -> Row:
    children = tuple(_times(child, count) for child in row.children)
    return replace(row, cost=NodeCost.sum([row.cost] * count), children=children)


def _likeness(row: Row) -> tuple[object, ...]:
    """What two rows must have in common to be told in one: all but their names."""
    return row.kind, row.call, row.shape, row.cost, row.weights_of, tuple(map(_likeness, row.children))


def _line(row: Row, count: int, depth: int) -> _Line:
    times = f" ×{count}" if count > 1 else ""
    shared = f" (weights of {row.weights_of})" if row.weights_of else ""
    name = "" if _unnamed(row) else row.name
    label = "  " * depth + visible("  ".join(filter(None, (name, row.call))) + times + shared)
    if width(label) > _WIDEST:
        while width(label) >= _WIDEST:
            label = label[:-1]
        label += "…"
    cost = row.cost
    figures = (exact(cost.params), exact(cost.trainable), human(cost.macs))
    cells = (label, show(row.shape), *("" if figure == "0" else figure for figure in figures))
    return _Line(cells, _DIM if row.kind == "op" and depth else _PLAIN)


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first two columns to the left, figures to the right."""
    padded = []
    for column, (cell, size) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (size - width(cell))
        padded.append(cell + space if column < 2 else space + cell)
    return "  ".join(padded).rstrip()


def _totals(summary: Summary) -> Iterator[str]:
    total = summary.total
    rows = [
        ("params", exact(total.params), human(total.params)),
        ("trainable", exact(total.trainable), human(total.trainable)),
        ("non-trainable", exact(total.non_trainable), human(total.non_trainable)),
        ("MACs", exact(total.macs), human(total.macs)),
        ("activations", exact(total.activations), human(total.activations)),
        ("depth", exact(summary.depth), ""),
        ("nodes", exact(summary.root.nodes), ""),
    ]
    size = max(len(figure) for _, figure, _ in rows)
    for name, figure, rounded in rows:
        yield f"{name:<13}  {figure:>{size}}" + (f"  ({rounded})" if rounded not in ("", figure) else "")


def _signature(ports: Sequence[Port]) -> str:
    if len(ports) == 1:
        return show(ports[0].shape)
    return f"({', '.join(f'{port.name}: {show(port.shape)}' for port in ports)})"


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text
