"""The columns of a summary: what each says of a row, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from archdsl.graph.dims import Dim, show
from archdsl.ops.reach import Reach
from archdsl.passes.receptive import Field
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Row


class Column(NamedTuple):
    """``shown`` is for people, and empty where there is nothing to say; ``plain`` is for a CSV file."""

    title: str
    shown: Callable[[Row], str]
    plain: Callable[[Row], str]
    is_figure: bool = True


def megabytes(count: Dim) -> str:
    """
    >>> megabytes(3_211_264), megabytes(640)
    ('3.21 MB', '640 B')
    """
    text = human(count)
    return f"{text}B" if text[-1:].isalpha() and isinstance(count, int) else f"{text} B"


def field_size(field: Field | None, join: str = "×") -> str:
    """The receptive field: one number where it is square, else one for each axis; ``whole`` for all of the image.

    >>> from archdsl.ops.reach import WHOLE, Reach
    >>> wide, tall = Reach.window(7, before=3), Reach.window(3, before=1)
    >>> field_size(Field((tall, wide), ())), field_size(Field((tall, tall), ())), field_size(Field((WHOLE, WHOLE), ()))
    ('3×7', '3', 'whole')
    """
    sizes = [str(size) for size in field.size] if field else []
    return _each(sizes, join)


def field_stride(field: Field | None, join: str = "×") -> str:
    """Pixels between neighbours: ``32``, ``1/2`` of an enlarged map; nothing where the map is gone."""
    if field is None or not field.is_window:
        return ""
    return _each([str(reach.stride) for reach in field.axes if isinstance(reach, Reach)], join)


def _each(values: list[str], join: str) -> str:
    return values[0] if len(set(values)) == 1 else join.join(values)


def _some(text: str) -> str:
    return "" if text == "0" else text


COLUMNS: Final[Mapping[str, Column]] = {
    "output": Column(
        "output",
        lambda row: show(row.shape) if row.shape else "",
        lambda row: "x".join(map(str, row.shape)),
        is_figure=False,
    ),
    "params": Column("params", lambda row: _some(exact(row.cost.params)), lambda row: str(row.cost.params)),
    "trainable": Column("trainable", lambda row: _some(exact(row.cost.trainable)), lambda row: str(row.cost.trainable)),
    "macs": Column("MACs", lambda row: _some(human(row.cost.macs)), lambda row: str(row.cost.macs)),
    "memory": Column("memory", lambda row: megabytes(row.memory), lambda row: str(row.memory)),
    "field": Column("field", lambda row: field_size(row.field), lambda row: field_size(row.field, "x")),
    "stride": Column("stride", lambda row: field_stride(row.field), lambda row: field_stride(row.field, "x")),
}
"""By the names of ``--columns``, in their order."""

_DROPPED: Final = ("stride", "trainable", "field", "memory")
"""What a narrow terminal does without, in this order."""


def narrower(names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns without the one that is missed least; the same if all that are left are needed."""
    gone = next((name for name in _DROPPED if name in names), None)
    return tuple(name for name in names if name != gone)
