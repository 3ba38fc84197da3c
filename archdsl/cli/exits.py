"""Exit codes, and the exception for wrong usage."""

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
"""128 + SIGPIPE: the reader closed the output."""


def unwritable(error: OSError) -> str:
    """The message for a failure to write to standard output."""
    return f"cannot write to standard output: {(error.strerror or 'failed').lower()}"


class Refusal(click.ClickException):
    """The command cannot do what was asked: a missing file, an unsuitable value."""

    exit_code = USAGE
    code = ""
    """Of the page that ``archdsl explain`` has, if it has one."""

    def show(self, file: IO[Any] | None = None) -> None:
        from archdsl.diagnostics.display import visible

        page = f"[{self.code}]" if self.code else ""
        click.echo(f"error{page}: {visible(self.message)}", file=file, err=file is None)
