"""Writing to the terminal: colour where it is wanted, diagnostics, and a line about work that takes long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from archdsl.diagnostics import Diagnostic


def colour(*, err: bool = False) -> bool:
    """Whether a stream shows colours: a terminal, unless NO_COLOR (no-color.org) is set."""
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show_diagnostics(diagnostics: Sequence[Diagnostic], *, err: bool) -> None:
    """The diagnostics for a reader, with their count; nothing for none."""
    from archdsl.diagnostics.terminal import render_all

    if diagnostics:
        click.echo(render_all(diagnostics, colour=colour(err=err)), err=err)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Says on a terminal what is going on, for work that may take longer than a second, and wipes it away after."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(f"{what}…", err=True, nl=False)
    try:
        yield
    finally:
        click.echo(f"\r{' ' * (len(what) + 1)}\r", err=True, nl=False)
