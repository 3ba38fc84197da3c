"""Several entries, for Python programs and notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.comparison.columns import ordered, table
from archdsl.comparison.entry import Entry
from archdsl.comparison.scaling import Argument, Member
from archdsl.comparison.scaling import table as family
from archdsl.elaborate.values import show_value
from archdsl.tabular import Table, render
from archdsl.tabular.html import fragment


class Entries(tuple[Entry, ...]):
    """The models of a comparison or a sweep. ``str()`` of it is a table, which notebooks show."""

    __slots__ = ()

    def __repr__(self) -> str:
        """``<3 models: ResNet18, ResNet34, ResNet50>``."""
        names = [entry.name for entry in self]
        shown = ", ".join(names if len(names) <= 4 else [*names[:3], "…"])
        return f"<{len(names)} model{'s' * (len(names) != 1)}: {shown}>" if names else "<no models>"

    def __str__(self) -> str:
        return render(self.table())

    def _repr_html_(self) -> str:
        return fragment([self.table()])

    def table(self, columns: Sequence[str] | None = None) -> Table:
        """A row for each model; for a sweep, its arguments with the figures and their growth.

        Raises:
            KeyError: there is no such column.
        """
        if not self or not all(entry.arguments for entry in self):
            return table(self, columns)
        members = [
            Member(tuple(Argument(name, value, _text(value)) for name, value in entry.arguments.items()), entry)
            for entry in self
        ]
        return family(self[0].model, members, columns)

    def sorted(self, column: str, *, descending: bool = False) -> Entries:
        """The entries sorted by a column; unknown values come last.

        Raises:
            KeyError: there is no such column.
        """
        return Entries(ordered(self, column, descending=descending))


def _text(value: object) -> str:
    return value if isinstance(value, str) else show_value(tuple(value) if isinstance(value, list) else value)
