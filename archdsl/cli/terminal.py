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


@contextmanager
def hushed() -> Iterator[None]:
    """Keeps to itself what TensorFlow announces on import: CPU features, missing GPUs.

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
