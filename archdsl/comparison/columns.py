"""The columns of comparisons: names, values of entries, and cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from archdsl.comparison.entry import Entry
from archdsl.measures import MEASURES, Measure
from archdsl.summary.columns import column
from archdsl.summary.forms import cell, number
from archdsl.tabular import Cell, Column, Row, Table

T = TypeVar("T")


class Figure(NamedTuple):
    column: Column
    cell: Callable[[Entry], Cell]
    order: Callable[[Entry], float | str | None]
    """What to sort by; ``None`` comes last."""
    meaning: str
    usual: bool = True
    """Whether it is shown without being asked for."""


def _inputs(entry: Entry) -> Cell:
    """
    >>> _inputs(Entry("N", "N", "n.arch", ((224, 224, 3),), {}))
    Cell(text='224×224×3', value='224x224x3')
    """
    text, value = (", ".join(by.join(map(str, shape)) for shape in entry.inputs) for by in "×x")
    return Cell(text, value)


def _pixels(entry: Entry) -> float | None:
    dims = [dim for shape in entry.inputs for dim in shape[:-1]]
    return max((dim for dim in dims if isinstance(dim, int)), default=None)


def _of(measure: Measure) -> Figure:
    name = measure.name
    return Figure(
        column(measure),
        lambda entry: cell(measure, entry.figures[name]),
        lambda entry: number(entry.figures[name]),
        measure.meaning,
        measure.usual,
    )


def _known(value: float | str | None) -> Cell:
    return Cell.unknown() if value is None else Cell(str(value), value)


def _stated(name: str) -> Figure:
    """The column of a fact in `about`: numbers are right-aligned figures, all else is words."""

    def order(entry: Entry) -> float | str | None:
        value = entry.facts.get(name)
        return float(value) if isinstance(value, int | float) else value

    def written(entry: Entry) -> Cell:
        value = entry.facts.get(name)
        return _known(str(value).lower() if isinstance(value, bool) else value)

    return Figure(Column(name, name), written, order, f"`{name}`, as the specs' `about` states it", usual=False)


_FIGURES: Final = (
    Figure(
        Column("model", "model", "words"),
        lambda e: Cell.words(e.name),
        lambda e: e.name.lower(),
        "its name, with the arguments that it was given",
    ),
    *map(_of, MEASURES),
    Figure(Column("input", "input", "words"), _inputs, _pixels, "the shape of the input"),
    Figure(Column("year", "year"), lambda e: _known(e.year), lambda e: e.year, "when it was published"),
    Figure(
        Column("top1", "top-1"),
        lambda e: _known(e.top1),
        lambda e: e.top1,
        "published accuracy on ImageNet, in percent",
    ),
    Figure(
        Column("source", "top-1 from", "words"),
        lambda e: _known(e.source or None),
        lambda e: e.source or None,
        "who published that accuracy",
        usual=False,
    ),
    Figure(
        Column("file", "file", "words"),
        lambda e: Cell.words(e.file),
        lambda e: e.file,
        "the spec that it is from",
    ),
)
FIGURES: Final = {figure.column.name: figure for figure in _FIGURES}
USUAL: Final = tuple(name for name, figure in FIGURES.items() if figure.usual)
_SPARE: Final = (
    "file",
    "input",
    "year",
    *(m.key for m in sorted(MEASURES, key=lambda measure: measure.spare) if m.usual and m.spare),
)
"""What a narrow terminal does without, in this order, unless it is asked for."""


def known(entries: Iterable[Entry]) -> Mapping[str, Figure]:
    """All possible columns of a comparison of the entries: those of ``FIGURES``, and one for each fact.

    >>> known([Entry("N", "N", "n.arch", (), {}, {"cifar10_top1": 91.2})])["cifar10_top1"].column
    Column(name='cifar10_top1', title='cifar10_top1', kind='figure')
    """
    facts = dict.fromkeys(name for entry in entries for name in entry.facts)
    return {**{name: _stated(name) for name in facts if name not in FIGURES}, **FIGURES}


def table(entries: Sequence[Entry], columns: Sequence[str] | None = None, *, title: str = "Models") -> Table:
    """A row for each entry. ``columns`` are names in ``known``.

    Raises:
        KeyError: there is no such column.
    """
    every = known(entries)
    figures = [every[name] for name in columns or USUAL]
    rows = tuple(Row(tuple(figure.cell(entry) for figure in figures)) for entry in entries)
    return Table(title, tuple(figure.column for figure in figures), rows, spare=() if columns else _SPARE)


def ordered(entries: Sequence[Entry], column: str, *, descending: bool = False) -> tuple[Entry, ...]:
    """The entries, stably sorted by a column. Unknown values come last in either direction."""
    order = known(entries)[column].order
    return by(entries, order, descending=descending)


def by(items: Iterable[T], order: Callable[[T], float | str | None], *, descending: bool = False) -> tuple[T, ...]:
    """A sort by a key; missing values come last, text after numbers."""
    found = [(value, item) for item in items for value in [order(item)]]
    ranked = [(isinstance(value, str), value, item) for value, item in found if value is not None]
    ranked.sort(key=lambda each: each[:2], reverse=descending)
    return (*(item for *_, item in ranked), *(item for value, item in found if value is None))
