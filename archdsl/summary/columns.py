"""The columns of a summary: the measures of a part of a model, with its output before and its stride after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from archdsl.graph.dims import show
from archdsl.measures import BY_NAME, MEASURES, Measure
from archdsl.summary.forms import FORMS, NOTHING, strided
from archdsl.summary.rows import Row
from archdsl.tabular import Cell, Column

OUTPUT: Final = Column("output", "output", "words")
STRIDE: Final = Column("stride", "stride")


def column(measure: Measure) -> Column:
    """The column of a measure, with the same name in summaries and comparisons."""
    return Column(measure.key, measure.head or measure.title)


PARAMS: Final = column(BY_NAME["params"])
MACS: Final = column(BY_NAME["macs"])


class Figure(NamedTuple):
    column: Column
    cell: Callable[[Row], Cell]
    usual: bool = True
    """Whether it is shown without being asked for."""


def _of(measure: Measure) -> Figure:
    value_of, form = measure.of_part, FORMS[measure.unit]
    assert value_of is not None

    def cell(row: Row) -> Cell:
        value = value_of(row)
        if value is None:
            return NOTHING
        found = form.cell(value)
        return found._replace(text="") if found.value == 0 else found  # most rows have no weights

    return Figure(column(measure), cell, measure.usual)


_FIGURES: Final = (
    Figure(OUTPUT, lambda row: Cell(show(row.shape) if row.shape else "", "x".join(map(str, row.shape)))),
    *(_of(measure) for measure in MEASURES if measure.of_part),
    Figure(STRIDE, lambda row: strided(row.field) if row.field else NOTHING),
)
FIGURES: Final[Mapping[str, Figure]] = {figure.column.name: figure for figure in _FIGURES}
"""Those of a summary by the names of ``--columns``, in their order."""
USUAL: Final = tuple(name for name, figure in FIGURES.items() if figure.usual)

SPARE: Final = (
    STRIDE.name,
    *(m.key for m in sorted(MEASURES, key=lambda measure: measure.spare) if m.of_part and m.usual and m.spare),
)
"""What a narrow terminal does without, in this order."""
