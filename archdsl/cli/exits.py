"""Exit codes, and the error that means wrong usage."""

from __future__ import annotations

from typing import IO, Any, Final

import click

SPEC_ERRORS: Final = 1
USAGE: Final = 2
INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h."""
INTERRUPTED: Final = 130
"""128 + SIGINT, as shells report it."""
PIPE_CLOSED: Final = 141
"""128 + SIGPIPE: who read the output wanted no more of it."""


def unwritable(error: OSError) -> str:
    """What to say when standard output takes no more."""
    return f"cannot write to standard output: {(error.strerror or 'failed').lower()}"


class Refusal(click.ClickException):
    """What was asked for cannot be done as asked: a file that is not there, a value that does not fit."""

    exit_code = USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        from archdsl.diagnostics.display import visible

        click.echo(f"error: {visible(self.message)}", file=file, err=file is None)
