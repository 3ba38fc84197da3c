"""Terminal output: colour, diagnostics, and progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Final

import click

from archdsl.diagnostics import Diagnostic

_NARROWEST: Final = 40
"""Cells below which text is not folded further."""


def colour(*, err: bool = False) -> bool:
    """Whether a stream is coloured: a terminal, unless NO_COLOR (no-color.org) is set."""
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show_diagnostics(diagnostics: Sequence[Diagnostic], *, err: bool) -> None:
    """Shows the diagnostics with their count; nothing for none."""
    from archdsl.diagnostics.terminal import render_all

    if diagnostics:
        click.echo(render_all(diagnostics, colour=colour(err=err)), err=err)


def page_width() -> int | None:
    """The text width for a terminal; ``None`` for a pipe or a file."""
    return max(get_terminal_size().columns, _NARROWEST) if sys.stdout.isatty() else None


def show_page(text: str) -> None:
    """Prints text wrapped at the width of the terminal."""
    from archdsl.diagnostics.display import folded

    room = page_width()
    for line in text.removesuffix("\n").split("\n"):
        for part in folded(line, room) if room else [line]:
            click.echo(part)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Shows a message on a terminal during work that may take longer than a second, and erases it afterwards."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(f"{what}…", err=True, nl=False)
    try:
        yield
    finally:
        click.echo(f"\r{' ' * (len(what) + 1)}\r", err=True, nl=False)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """The same for work of many steps: returns a function that sets the message, cut to a line of the terminal."""
    shown = 0

    def tell(what: str) -> None:
        nonlocal shown
        room = get_terminal_size().columns - 1  # a line that is folded would not be wiped away
        line = f"{what[: room - 1]}…" if what else ""
        click.echo(f"\r{line}{' ' * (shown - len(line))}{chr(8) * (shown - len(line))}", err=True, nl=False)
        shown = len(line)

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield tell
    finally:
        tell("")


@contextmanager
def hushed() -> Iterator[None]:
    """Suppresses TensorFlow's messages on import: CPU features, missing GPUs.

    Some of it is written before TensorFlow looks at its own setting, so the file descriptor is turned away too. Who
    sets TF_CPP_MIN_LOG_LEVEL to less than 3 reads it all, and so does who gets an error.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    from tempfile import TemporaryFile

    sys.stderr.flush()
    terminal = os.dup(2)
    with TemporaryFile() as announced:
        os.dup2(announced.fileno(), 2)
        try:
            yield
        except BaseException:
            announced.seek(0)
            os.write(terminal, announced.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
