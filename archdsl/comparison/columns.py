"""The columns that comparisons are made of: how each figure is called, read off an entry, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from archdsl.comparison.entry import Entry
from archdsl.graph.dims import Dim
from archdsl.summary import columns as of
from archdsl.tabular import Cell, Column, Row, Table


class Figure(NamedTuple):
    column: Column
    cell: Callable[[Entry], Cell]
    order: Callable[[Entry], float | str | None]
    """What to sort by; ``None`` comes last."""
    meaning: str


def _number(dim: Dim) -> float | None:
    return dim if isinstance(dim, int) else None


def _inputs(entry: Entry) -> Cell:
    """
    >>> _inputs(Entry("N", "N", "n.arch", ((224, 224, 3),), 0, 0, 0, 0, 0, None))
    Cell(text='224×224×3', value='224x224x3')
    """
    text, value = (", ".join(by.join(map(str, shape)) for shape in entry.inputs) for by in "×x")
    return Cell(text, value)


def _pixels(entry: Entry) -> float | None:
    dims = [dim for shape in entry.inputs for dim in shape[:-1]]
    return max((dim for dim in dims if isinstance(dim, int)), default=None)


def _seen(entry: Entry) -> float | None:
    return max((size for size in entry.field or () if isinstance(size, int)), default=None)


def _known(value: float | str | None) -> Cell:
    return Cell.unknown() if value is None else Cell(str(value), value)


_FIGURES: Final = (
    Figure(
        Column("model", "model", "words"),
        lambda e: Cell.words(e.name),
        lambda e: e.name.lower(),
        "its name, with the arguments that it was given",
    ),
    Figure(
        of.PARAMS,
        lambda e: of.counted(e.params),
        lambda e: e.params,
        "all weights, as Keras counts them",
    ),
    Figure(
        of.TRAINABLE,
        lambda e: of.counted(e.trainable),
        lambda e: e.trainable,
        "weights that training changes, as papers count them",
    ),
    Figure(
        of.MACS,
        lambda e: of.rounded(e.macs),
        lambda e: _number(e.macs),
        "multiply-adds for one image; FLOPs are twice as many",
    ),
    Figure(
        Column("depth", "depth"),
        lambda e: of.counted(e.depth),
        lambda e: e.depth,
        "layers with weights on the longest path",
    ),
    Figure(
        of.MEMORY,
        lambda e: of.stored(e.memory),
        lambda e: _number(e.memory),
        "bytes of activations at the worst moment of inference, one image in float32",
    ),
    Figure(
        of.FIELD,
        lambda e: Cell.unknown() if e.field is None else of.seen(e.field),
        _seen,
        "receptive field of the last map, in pixels",
    ),
    Figure(
        Column("input", "input", "words"),
        _inputs,
        _pixels,
        "the shape of the input",
    ),
    Figure(
        Column("year", "year"),
        lambda e: _known(e.year),
        lambda e: e.year,
        "when it was published",
    ),
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
    ),
    Figure(
        Column("file", "file", "words"),
        lambda e: Cell.words(e.file),
        lambda e: e.file,
        "the spec that it is from",
    ),
)
FIGURES: Final = {figure.column.name: figure for figure in _FIGURES}
DEFAULT: Final = tuple(name for name in FIGURES if name != "source")
_SPARE: Final = ("file", "input", "trainable", "field", "year")
"""What a narrow terminal does without, in this order, unless it is asked for."""


def table(entries: Iterable[Entry], columns: Sequence[str] | None = None, *, title: str = "Models") -> Table:
    """A row for each entry. ``columns`` are names in ``FIGURES``."""
    figures = [FIGURES[name] for name in columns or DEFAULT]
    rows = tuple(Row(tuple(figure.cell(entry) for figure in figures)) for entry in entries)
    return Table(title, tuple(figure.column for figure in figures), rows, spare=() if columns else _SPARE)


def ordered(entries: Iterable[Entry], column: str, *, descending: bool = False) -> tuple[Entry, ...]:
    """The entries by a figure. Those in which it is not known come last, whichever way; equal ones stay as they are."""
    known, unknown = [], []
    for entry in entries:
        value = FIGURES[column].order(entry)
        if value is None:
            unknown.append(entry)
        else:
            known.append((value, entry))
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return (*(entry for _, entry in known), *unknown)
