"""The columns that comparisons are made of: how each figure is called, read off an entry, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from archdsl.comparison.entry import Entry
from archdsl.graph.dims import Dim, Shape
from archdsl.passes.receptive import Extent
from archdsl.summary.figures import exact, human
from archdsl.tabular import Cell, Column, Table

UNKNOWN: Final = "–"
"""What stands where nothing is known."""


class Figure(NamedTuple):
    column: Column
    cell: Callable[[Entry], Cell]
    order: Callable[[Entry], float | str | None]
    """What to sort by; ``None`` comes last."""
    meaning: str


def _dim(dim: Dim) -> int | str:
    return dim if isinstance(dim, int) else str(dim)


def _number(dim: Dim) -> float | None:
    return dim if isinstance(dim, int) else None


def bytes_of(count: Dim) -> str:
    """
    >>> bytes_of(27_616)
    '27.6 kB'
    """
    text = human(count)
    return f"{text}B" if " " in text else f"{text} B"


def sizes(shape: Shape) -> str:
    """
    >>> sizes((224, 224, 3))
    '224×224×3'
    """
    return "×".join(map(str, shape))


def extent(field: Sequence[Extent] | None) -> str:
    """
    >>> extent((483, 483)), extent((7, 1)), extent(None)
    ('483', '7×1', '–')
    """
    if field is None:
        return UNKNOWN
    return "×".join(map(str, field if len(set(field)) > 1 else field[:1]))


def _inputs(entry: Entry) -> str:
    return ", ".join(map(sizes, entry.inputs))


def _pixels(entry: Entry) -> float | None:
    dims = [dim for shape in entry.inputs for dim in shape[:-1]]
    return max((dim for dim in dims if isinstance(dim, int)), default=None)


def _seen(entry: Entry) -> float | None:
    return max((size for size in entry.field or () if isinstance(size, int)), default=None)


def _known(value: float | None, text: str | None = None) -> Cell:
    return Cell(UNKNOWN if value is None else text or str(value), value)


_FIGURES: Final = (
    Figure(
        Column("model", "model", numeric=False),
        lambda e: Cell(e.name, e.name),
        lambda e: e.name.lower(),
        "its name, with the arguments that it was given",
    ),
    Figure(
        Column("params", "params"),
        lambda e: Cell(exact(e.params), e.params),
        lambda e: e.params,
        "all weights, as Keras counts them",
    ),
    Figure(
        Column("trainable", "trainable"),
        lambda e: Cell(exact(e.trainable), e.trainable),
        lambda e: e.trainable,
        "weights that training changes, as papers count them",
    ),
    Figure(
        Column("macs", "MACs"),
        lambda e: Cell(human(e.macs), _dim(e.macs)),
        lambda e: _number(e.macs),
        "multiply-adds for one image; FLOPs are twice as many",
    ),
    Figure(
        Column("depth", "depth"),
        lambda e: Cell(str(e.depth), e.depth),
        lambda e: e.depth,
        "layers with weights on the longest path",
    ),
    Figure(
        Column("memory", "memory"),
        lambda e: Cell(bytes_of(e.memory), _dim(e.memory)),
        lambda e: _number(e.memory),
        "bytes of activations at the worst moment of inference, one image in float32",
    ),
    Figure(
        Column("field", "field"),
        lambda e: Cell(extent(e.field), None if e.field is None else extent(e.field)),
        _seen,
        "receptive field of the last map, in pixels",
    ),
    Figure(
        Column("input", "input", numeric=False),
        lambda e: Cell(_inputs(e), _inputs(e)),
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
        Column("source", "top-1 from", numeric=False),
        lambda e: Cell(e.source or UNKNOWN, e.source or None),
        lambda e: e.source or None,
        "who published that accuracy",
    ),
    Figure(
        Column("file", "file", numeric=False),
        lambda e: Cell(e.file, e.file),
        lambda e: e.file,
        "the spec that it is from",
    ),
)
FIGURES: Final = {figure.column.name: figure for figure in _FIGURES}
DEFAULT: Final = tuple(name for name in FIGURES if name != "source")


def table(entries: Iterable[Entry], columns: Sequence[str] = DEFAULT, *, title: str = "Models") -> Table:
    """A row for each entry. ``columns`` are names in ``FIGURES``."""
    figures = [FIGURES[name] for name in columns]
    rows = tuple(tuple(figure.cell(entry) for figure in figures) for entry in entries)
    return Table(title, tuple(figure.column for figure in figures), rows)


def ordered(entries: Iterable[Entry], column: str, *, descending: bool = False) -> tuple[Entry, ...]:
    """The entries by a figure. Those in which it is not known come last, whichever way; equal ones stay as they are."""
    order = FIGURES[column].order
    listed = tuple(entries)
    known = [(value, entry) for entry in listed if (value := order(entry)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return (*(entry for _, entry in known), *(entry for entry in listed if order(entry) is None))
