"""Plain tables: rows and columns as text for a terminal, CSV, Markdown or HTML.

A cell has two forms: words for readers, and a value for programs. What comes from a spec is escaped in each format.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from archdsl.tabular.model import UNKNOWN, Cell, Column, Row, Table

__all__ = ["UNKNOWN", "Cell", "Column", "Format", "Row", "Table", "render"]

Format: TypeAlias = Literal["text", "csv", "markdown", "html"]

_BETWEEN: Final = "\n"
"""Several tables have an empty line between them."""


def render(*tables: Table, format: Format = "text", room: int | None = None, colour: bool = False) -> str:
    """Tables one below the other, with a trailing line break; only the module of the format is imported.

    ``room``, in cells of a terminal, and ``colour`` are for text.
    """
    match format:
        case "text":
            from archdsl.tabular.text import write

            titled = len(tables) > 1
            return _BETWEEN.join(write(table, titled=titled, room=room, colour=colour) for table in tables)
        case "csv":
            from archdsl.tabular.csv import write as write_csv

            return _BETWEEN.join(map(write_csv, tables))
        case "markdown":
            from archdsl.tabular.markdown import write as write_markdown

            titled = len(tables) > 1
            return _BETWEEN.join(write_markdown(table, titled=titled) for table in tables)
        case "html":
            from archdsl.tabular.html import write as write_html

            return write_html(tables)
