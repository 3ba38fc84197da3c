"""A family of models as a table: how the figures grow with the arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archdsl.comparison.columns import FIGURES, by
from archdsl.comparison.criteria import Criteria
from archdsl.comparison.entry import Entry
from archdsl.comparison.json import members
from archdsl.diagnostics import Diagnostic
from archdsl.measures import MEASURES
from archdsl.summary.forms import number
from archdsl.tabular import Cell, Column, Row, Table
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-scale"
VERSION: Final = 2
_GROWING: Final = {measure.key: measure.name for measure in MEASURES if measure.grows}
"""The figures that are also given as multiples of the first model's, by the names of their columns."""
COLUMNS: Final = ("input", *(measure.key for measure in MEASURES if measure.usual))
"""What is shown without being asked for."""
_RATIO: Final = "_ratio"


class Argument(NamedTuple):
    """One value of a parameter that a sweep changes."""

    name: str
    value: Any
    """A number, a truth value, a string or a list; anything else as the language writes it."""
    text: str
    """As the language writes it."""

    def __str__(self) -> str:
        return f"{self.name}={self.text}"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a family: its arguments, and its figures, if it has no errors."""

    arguments: tuple[Argument, ...]
    entry: Entry | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def __str__(self) -> str:
        """``width=0.5, size=128``."""
        return ", ".join(map(str, self.arguments))


def within(family: Iterable[Member], criteria: Criteria) -> tuple[Member, ...]:
    """The members that violate no limit, as far as their figures are known; those with errors are kept."""
    limits = tuple(criteria.limits)
    return tuple(m for m in family if m.entry is None or not any(limit.gap(m.entry) for limit in limits))


def ordered(family: Sequence[Member], name: str, *, descending: bool = False) -> tuple[Member, ...]:
    """The members sorted by a figure or an argument; those with errors come last.

    Raises:
        KeyError: there is no such column.
    """
    if name in FIGURES:
        return by(family, lambda m: FIGURES[name].order(m.entry) if m.entry else None, descending=descending)
    if not any(argument.name == name for member in family for argument in member.arguments):
        raise KeyError(name)

    def key(member: Member) -> float | str | None:
        found = next(argument for argument in member.arguments if argument.name == name)
        return found.value if isinstance(found.value, int | float) else found.text

    return by(family, key, descending=descending)


def ratio(entry: Entry | None, first: Entry | None, name: str) -> float | None:
    """The ratio to the first figure; ``None`` if one of them is not a number."""
    if entry is None or first is None:
        return None
    ours, base = number(entry.figures[name]), number(first.figures[name])
    return ours / base if ours is not None and base else None


def _first(family: Sequence[Member]) -> Entry | None:
    """The reference of ratios: the first member with figures."""
    return next((member.entry for member in family if member.entry is not None), None)


def table(
    title: str, family: Sequence[Member], columns: Sequence[str] | None = None, notes: Sequence[str] = ()
) -> Table:
    """A row for each member. ``columns`` are names of a comparison's; a growing figure is followed by its ratio to the
    first.

    A column of figures that is called like a parameter is called after the model: ``model_depth``.
    """
    shown = columns or COLUMNS
    first = _first(family)
    parameters = [argument.name for argument in family[0].arguments] if family else []
    heads = [Column(name, name) for name in parameters]
    for name in shown:
        column = FIGURES[name].column
        heads.append(_apart(column, parameters))
        if name in _GROWING:
            heads.append(_apart(Column(f"{name}{_RATIO}", "×"), parameters))
    rows = tuple(Row(tuple(_cells(member, first, shown))) for member in family)
    return Table(title, tuple(heads), rows, tuple(notes))


def _apart(column: Column, taken: Sequence[str]) -> Column:
    """
    >>> _apart(Column("depth", "depth"), ["depth"])
    Column(name='model_depth', title='model depth', kind='figure')
    """
    while column.name in taken:
        column = column._replace(name=f"model_{column.name}", title=f"model {column.title}")
    return column


def _cells(member: Member, first: Entry | None, columns: Sequence[str]) -> Iterator[Cell]:
    entry = member.entry
    for argument in member.arguments:
        yield Cell(argument.text, argument.value if isinstance(argument.value, int | float | str) else argument.text)
    for name in columns:
        yield Cell.unknown() if entry is None else FIGURES[name].cell(entry)
        if name in _GROWING:
            times = ratio(entry, first, _GROWING[name])
            yield Cell("" if times is None else f"{times:.2f}", times)


def to_json(model: str, family: Sequence[Member], **more: Any) -> str:
    """The members as objects with their arguments; a model with errors has ``null`` for its figures."""
    first = _first(family)
    return document(
        SCHEMA,
        VERSION,
        model=model,
        members=[
            {
                "arguments": plain(member),
                "figures": None if member.entry is None else members(member.entry),
                "ratios": None
                if member.entry is None
                else {name: ratio(member.entry, first, name) for name in _GROWING.values()},
            }
            for member in family
        ],
        **more,
    )


def plain(member: Member) -> dict[str, Any]:
    """The arguments for JSON."""
    return {argument.name: argument.value for argument in member.arguments}
