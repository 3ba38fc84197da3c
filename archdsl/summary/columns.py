"""The columns that summaries and comparisons share: what each is called, and how its cells are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from archdsl.graph.dims import Dim, show
from archdsl.ops.reach import Reach
from archdsl.passes.receptive import Extent, Field
from archdsl.summary.figures import exact, human, in_bytes, plain
from archdsl.summary.rows import Row
from archdsl.tabular import Cell, Column

OUTPUT: Final = Column("output", "output", "words")
PARAMS: Final = Column("params", "params")
TRAINABLE: Final = Column("trainable", "trainable")
MACS: Final = Column("macs", "MACs")
MEMORY: Final = Column("memory", "memory")
FIELD: Final = Column("field", "field")
STRIDE: Final = Column("stride", "stride")

_NOTHING: Final = Cell.words("")


def counted(count: Dim) -> Cell:
    """
    >>> counted(25_610_152)
    Cell(text='25_610_152', value=25610152)
    """
    return Cell(exact(count), plain(count))


def rounded(count: Dim) -> Cell:
    """
    >>> rounded(25_610_152)
    Cell(text='25.6 M', value=25610152)
    """
    return Cell(human(count), plain(count))


def stored(count: Dim) -> Cell:
    """Bytes.

    >>> stored(3_211_264)
    Cell(text='3.21 MB', value=3211264)
    """
    return Cell(in_bytes(count), plain(count))


def seen(sizes: Sequence[Extent]) -> Cell:
    """A receptive field: one number where it is square, else one for each axis; ``whole`` for all of the image.

    >>> seen((483, 483)), seen((7, 1)), seen(("whole", "whole")).text
    (Cell(text='483', value=483), Cell(text='7×1', value='7x1'), 'whole')
    """
    return _along(sizes)


def strided(field: Field) -> Cell:
    """Pixels between neighbours: ``32``, ``1/2`` of an enlarged map; nothing where the map is gone."""
    if not field.is_window:
        return _NOTHING
    strides = [reach.stride for reach in field.axes if isinstance(reach, Reach)]
    return _along([s.numerator if s.denominator == 1 else str(s) for s in strides])


def _along(axes: Sequence[int | str]) -> Cell:
    """One value for all axes where they agree."""
    if not axes:
        return _NOTHING
    if len(set(axes)) == 1:
        return Cell(str(axes[0]), axes[0])
    return Cell("×".join(map(str, axes)), "x".join(map(str, axes)))


def _some(cell: Cell) -> Cell:
    """Zero is not shown: most rows have no weights."""
    return cell._replace(text="") if cell.value == 0 else cell


class Figure(NamedTuple):
    column: Column
    cell: Callable[[Row], Cell]


_FIGURES: Final = (
    Figure(OUTPUT, lambda row: Cell(show(row.shape) if row.shape else "", "x".join(map(str, row.shape)))),
    Figure(PARAMS, lambda row: _some(counted(row.cost.params))),
    Figure(TRAINABLE, lambda row: _some(counted(row.cost.trainable))),
    Figure(MACS, lambda row: _some(rounded(row.cost.macs))),
    Figure(MEMORY, lambda row: stored(row.memory)),
    Figure(FIELD, lambda row: seen(row.field.size) if row.field else _NOTHING),
    Figure(STRIDE, lambda row: strided(row.field) if row.field else _NOTHING),
)
FIGURES: Final[Mapping[str, Figure]] = {figure.column.name: figure for figure in _FIGURES}
"""Those of a summary by the names of ``--columns``, in their order."""

SPARE: Final = tuple(column.name for column in (STRIDE, TRAINABLE, FIELD, MEMORY))
"""What a narrow terminal does without, in this order."""
