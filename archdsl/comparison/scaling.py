"""A family of models in a table: how the figures grow with the arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from archdsl.comparison.columns import FIGURES
from archdsl.comparison.entry import Entry
from archdsl.comparison.json import members
from archdsl.graph.dims import Dim
from archdsl.tabular import Cell, Column, Row, Table
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-scale"
VERSION: Final = 1
_RATIOS: Final[dict[str, Callable[[Entry], Dim]]] = {
    "params": lambda e: e.params,
    "macs": lambda e: e.macs,
    "memory": lambda e: e.memory,
}
"""The figures that are also given as multiples of the first model's."""
_COLUMNS: Final = ("input", "params", "macs", "depth", "memory", "field")

Member = tuple[tuple[tuple[str, str], ...], Entry | None]
"""The arguments as names and values, and the figures, if the model has no errors."""


def ratio(entry: Entry | None, first: Entry | None, name: str) -> float | None:
    """How many times the figure of the first; ``None`` where one of them is not a number."""
    if entry is None or first is None:
        return None
    ours, base = _RATIOS[name](entry), _RATIOS[name](first)
    return ours / base if isinstance(ours, int) and isinstance(base, int) and base else None


def _first(family: Sequence[Member]) -> Entry | None:
    """The one that ratios are to: the first that has figures."""
    return next((entry for _, entry in family if entry is not None), None)


def table(
    title: str, members: Sequence[Member], columns: Sequence[str] | None = None, notes: Sequence[str] = ()
) -> Table:
    """A row for each member. ``columns`` are names of a comparison's; counts are followed by their ratios."""
    shown = columns or _COLUMNS
    first = _first(members)
    names = [name for name, _ in members[0][0]] if members else []
    heads = [Column(name, name) for name in names]
    for name in shown:
        heads.append(FIGURES[name].column)
        if name in _RATIOS:
            heads.append(Column(f"{name}_ratio", "×"))
    rows = tuple(Row(tuple(_cells(values, entry, first, shown))) for values, entry in members)
    return Table(title, tuple(heads), rows, tuple(notes))


def _cells(
    values: tuple[tuple[str, str], ...], entry: Entry | None, first: Entry | None, columns: Sequence[str]
) -> list[Cell]:
    cells = [Cell.words(value) for _, value in values]
    for name in columns:
        cells.append(Cell.unknown() if entry is None else FIGURES[name].cell(entry))
        if name in _RATIOS:
            times = ratio(entry, first, name)
            cells.append(Cell("" if times is None else f"{times:.2f}", times))
    return cells


def to_json(model: str, family: Sequence[Member], **more: Any) -> str:
    """The members as objects with their arguments; a model with errors has ``null`` in place of figures."""
    first = _first(family)
    return document(
        SCHEMA,
        VERSION,
        model=model,
        members=[
            {
                "arguments": dict(values),
                "figures": None if entry is None else members(entry),
                "ratios": None if entry is None else {name: ratio(entry, first, name) for name in _RATIOS},
            }
            for values, entry in family
        ],
        **more,
    )
