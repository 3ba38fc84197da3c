"""Tables for a terminal: aligned columns, indented trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics.display import visible, width
from archdsl.tabular.model import Cell, Column, Table

_BOLD, _DIM, _PLAIN = "1", "2", ""
_WIDEST: Final = 72
"""Cells for the first column of a tree; longer words are cut, for the figures to stay in sight."""
_LONGEST: Final = 400
"""Cells of anything else. Each row is as wide as the widest cell of a column."""
_NARROWEST: Final = 16
"""Cells that a narrow terminal leaves to the first column."""
_BAR: Final = 20
"""Cells of the bar that stands for all."""


class _Line(NamedTuple):
    cells: Sequence[str]
    style: str = _PLAIN


def write(table: Table, *, titled: bool = False, room: int | None = None, colour: bool = False) -> str:
    """The table, with its title if it is to be ``titled``.

    If it is wider than ``room`` it has fewer columns, and shorter words in the first one if these are still too many.
    """
    lines = _lines(table)
    for name in table.spare if room is not None else ():
        if room is None or _width(lines) <= room:
            break
        table = table.without(next(column for column in table.columns if column.name == name))
        lines = _lines(table)
    if room is not None and _width(lines) > room:
        lines = _lines(table, max(_NARROWEST, _widths(lines)[0] - (_width(lines) - room)))
    shown = _aligned(lines, table.columns, colour)
    if titled and table.title:
        shown[:0] = [_paint(visible(table.title), _BOLD if colour else _PLAIN), *([""] if table.has_head else [])]
    return "\n".join([*shown, *([""] if table.notes else []), *map(visible, table.notes)]) + "\n"


def _lines(table: Table, widest: int | None = None) -> list[_Line]:
    if widest is None and table.is_tree:
        widest = _WIDEST
    head = [_Line([column.title for column in table.columns], _BOLD)] if table.has_head else []
    return head + [
        _Line(
            [
                _shown(cell, column, "  " * row.level, widest) if not index else _shown(cell, column)
                for index, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True))
            ],
            _DIM if row.is_quiet else _PLAIN,
        )
        for row in table.rows
    ]


def _shown(cell: Cell, column: Column, indent: str = "", widest: int | None = None) -> str:
    """The text of a cell; words are truncated to ``widest``, and overlong texts in any case."""
    if column.kind == "bar":
        return _bar(cell.value)
    text = indent + visible(cell.text).replace("\n", " ")
    most = widest if widest is not None and column.kind == "words" else _LONGEST
    return _cut(text, most) if width(text) > most else text


def _bar(part: float | str | None) -> str:
    """
    >>> _bar(0.25), _bar(0.001), _bar(0), _bar(None)
    ('█████', '▏', '', '')
    """
    return ("█" * round(part * _BAR) or "▏") if isinstance(part, int | float) and part else ""


def _cut(text: str, widest: int) -> str:
    end, cells = 0, 0
    for end, character in enumerate(text):  # noqa: B007  # where it ends
        cells += width(character)
        if cells >= widest:
            break
    return f"{text[:end]}…"


def _widths(lines: Sequence[_Line]) -> list[int]:
    return [max(map(width, cells)) for cells in zip(*(line.cells for line in lines), strict=True)]


def _width(lines: Sequence[_Line]) -> int:
    widths = _widths(lines)
    return sum(widths) + 2 * (len(widths) - 1)


def _aligned(lines: Sequence[_Line], columns: Sequence[Column], colour: bool) -> list[str]:
    """Figures right-aligned, all else left-aligned."""
    widths = _widths(lines)
    shown = []
    for line in lines:
        padded = []
        for cell, size, column in zip(line.cells, widths, columns, strict=True):
            space = " " * (size - width(cell))
            padded.append(space + cell if column.kind == "figure" else cell + space)
        shown.append(_paint("  ".join(padded).rstrip(), line.style if colour else _PLAIN))
    return shown


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text
