"""Formats of measures by their unit: in cells, in sentences, and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from archdsl.graph.dims import Dim
from archdsl.measures import Measure, Unit, Value
from archdsl.ops.reach import Reach
from archdsl.passes.receptive import Extent, Field
from archdsl.summary.figures import exact, human, in_bytes, plain
from archdsl.tabular import Cell

NOTHING: Final = Cell.words("")


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
    """A size in bytes.

    >>> stored(3_211_264)
    Cell(text='3.21 MB', value=3211264)
    """
    return Cell(in_bytes(count), plain(count))


def seen(sizes: Sequence[Extent]) -> Cell:
    """A receptive field: one number if it is square, else one per axis; ``whole`` for all of the image.

    >>> seen((483, 483)), seen((7, 1)), seen(("whole", "whole")).text
    (Cell(text='483', value=483), Cell(text='7×1', value='7x1'), 'whole')
    """
    return _along(sizes)


def strided(field: Field) -> Cell:
    """An effective stride: ``32``, ``1/2`` of an enlarged map; empty without a map."""
    if not field.is_window:
        return NOTHING
    strides = [reach.stride for reach in field.axes if isinstance(reach, Reach)]
    return _along([s.numerator if s.denominator == 1 else str(s) for s in strides])


def _along(axes: Sequence[int | str]) -> Cell:
    """One value for all axes if they are equal."""
    if not axes:
        return NOTHING
    if len(set(axes)) == 1:
        return Cell(str(axes[0]), axes[0])
    return Cell("×".join(map(str, axes)), "x".join(map(str, axes)))


def _floating(value: float) -> Cell:
    """
    >>> _floating(1234.5678), _floating(0.5)
    (Cell(text='1.23e+03', value=1234.5678), Cell(text='0.5', value=0.5))
    """
    return Cell(f"{value:.3g}", value)


class Form(NamedTuple):
    cell: Callable[[Any], Cell]
    say: Callable[[float], str]
    """A number of that unit in a sentence."""
    suffix: str = ""
    """What a number on the command line may end in."""
    much: str = "many"
    """As in ``4 too many``."""


FORMS: Final[Mapping[Unit, Form]] = {
    "count": Form(counted, lambda value: human(round(value))),
    "magnitude": Form(rounded, lambda value: human(round(value))),
    "bytes": Form(stored, lambda value: in_bytes(round(value)), "B", "much"),
    "pixels": Form(seen, lambda value: human(round(value))),
    "ratio": Form(_floating, lambda value: f"{value:.3g}", much="much"),
}


def cell(measure: Measure, value: Value) -> Cell:
    """The value as a table cell; a dash if it is not known."""
    return Cell.unknown() if value is None else FORMS[measure.unit].cell(value)


def number(value: Value) -> float | None:
    """A number to sort and limit by: the largest of several axes; ``None`` if an open dimension decides."""
    if isinstance(value, tuple):
        return max((size for size in value if isinstance(size, int)), default=None)
    return value if isinstance(value, int | float) else None


def member(value: Value) -> int | float | str | list[Extent] | None:
    """The value for JSON: an expression over open dimensions is a string, sizes along the axes are a list."""
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, float) else plain(value)
