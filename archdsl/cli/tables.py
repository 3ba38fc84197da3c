"""Shared by commands with tables: ``--format``, ``--columns``, ``-o``, and writing the result."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT, tell, write_text
from archdsl.cli.terminal import colour

if TYPE_CHECKING:
    from archdsl.tabular import Table

FORMATS: Final = ("text", "json", "csv", "markdown", "html")
_ENDINGS: Final = {".json": "json", ".csv": "csv", ".md": "markdown", ".html": "html"}
_Command = TypeVar("_Command", bound=Callable[..., Any])

output_option = click.option(
    "-o", "--output", "out", default=STDOUT, metavar="FILE", help="The file to write; `-` is standard output."
)


def format_option(*formats: str) -> Callable[[_Command], _Command]:
    """``--format``, for ``chosen_format``."""
    return click.option(
        "--format", type=click.Choice(formats), help="If not given, the ending of FILE says it, else it is text."
    )


def chosen_format(format: str | None, out: str, formats: Collection[str] = FORMATS) -> str:
    """The given format, else that of the file.

    >>> chosen_format(None, "zoo.csv"), chosen_format("text", "zoo.csv"), chosen_format(None, "-")
    ('csv', 'text', 'text')

    Raises:
        Refusal: the file is to be of a format that is known here, and not written.
    """
    ending = Path(out).suffix.lower()
    named = _ENDINGS.get(ending, "text")
    if format is None and named not in formats:
        raise Refusal(f"{out}: this is written as {' or '.join(formats)}, and not as {ending[1:]}")
    return format or named


class Columns(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Comma-separated names of columns, in display order."""

    name = "columns"

    def __init__(self, names: Collection[str], *, is_open: bool) -> None:
        self.names = names
        self.is_open = is_open

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = [name.strip() for name in value.split(",")]
        return tuple(names if self.is_open else [column(name, self.names) for name in names])


def columns_option(names: Collection[str], further: str = "") -> Callable[[_Command], _Command]:
    """``--columns``, of those names; ``None`` if not given.

    With ``further``, which says what else is a column, the caller has to look at the names.
    """
    return click.option(
        "--columns",
        type=Columns(names, is_open=bool(further)),
        metavar="NAME,…",
        help=f"Which columns, in their order: {', '.join(names)}{further}.",
    )


def column(name: str, names: Collection[str]) -> str:
    """The name of a column, validated.

    Raises:
        Refusal: it is none; says which was meant.
    """
    from archdsl.diagnostics.suggest import did_you_mean

    name = name.strip()
    if name not in names:
        near = did_you_mean(name, names) or (f"columns are {', '.join(names)}",)
        raise Refusal(f"no column is called `{name}`: {near[0]}")
    return name


def show_tables(*tables: Table, format: str, out: str) -> None:
    """Writes tables in a format other than JSON, as wide as the terminal."""
    from archdsl.tabular import render

    show(render(*tables, format=format, room=room(out), colour=coloured(out)), out)  # type: ignore[arg-type]  # click's choice


def show(text: str, out: str) -> None:
    """Writes a result, and reports the file if there is one."""
    if write_text(text, out):
        tell(out)


def room(out: str) -> int | None:
    """The width of the terminal that the result goes to, if it is one."""
    return shutil.get_terminal_size().columns if out == STDOUT and sys.stdout.isatty() else None


def coloured(out: str) -> bool:
    return out == STDOUT and colour()
