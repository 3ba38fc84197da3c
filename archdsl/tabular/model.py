"""The model of a table, independent of output formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["words", "figure", "bar"]
UNKNOWN: Final = "–"
"""The text of unknown values."""


class Column(NamedTuple):
    name: str
    """For programs: the head of a CSV column, the member of a JSON object, the word after ``--columns``."""
    title: str
    kind: Kind = "figure"
    """Figures are aligned to the right. A bar stands for a value from 0 to 1; Markdown and CSV have none."""


class Cell(NamedTuple):
    text: str
    value: int | float | str | None
    """``None`` where nothing is known."""

    @classmethod
    def words(cls, text: str) -> Cell:
        """A cell with the same text for readers and for programs."""
        return cls(text, text)

    @classmethod
    def unknown(cls) -> Cell:
        return cls(UNKNOWN, None)


class Row(NamedTuple):
    """Cells, one for each column."""

    cells: tuple[Cell, ...]
    level: int = 0
    """How deep it lies in a tree; the rows below it are those that follow with a higher level."""
    is_quiet: bool = False
    """Whether it steps back behind others."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below each other. A table whose columns have no titles is a list of figures, without a header."""

    title: str
    """Stands above a table where there are several, and above a page."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    """Stand below."""
    spare: tuple[str, ...] = ()
    """Names of columns that a narrow terminal does without, the first one first."""
    opened: int = 1
    """Levels of a tree that are open at first, in the format whose rows fold."""

    @property
    def has_head(self) -> bool:
        return any(column.title for column in self.columns)

    @property
    def is_tree(self) -> bool:
        return any(row.level for row in self.rows)

    def without(self, gone: Column) -> Table:
        """The table without a column."""
        left = [index for index, column in enumerate(self.columns) if column != gone]
        return replace(
            self,
            columns=tuple(self.columns[index] for index in left),
            rows=tuple(row._replace(cells=tuple(row.cells[index] for index in left)) for row in self.rows),
        )

    def without_bars(self) -> Table:
        """The table for plain text formats."""
        table = self
        for column in self.columns:
            table = table.without(column) if column.kind == "bar" else table
        return table
