"""The command group: imports only the invoked command, suggests near names, and turns exceptions into exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from keyword import iskeyword
from typing import Any, Final

import click
from click.exceptions import Exit

from archdsl.cli import exits
from archdsl.diagnostics import ArchError
from archdsl.version import __version__


def identifier(command: str) -> str:
    """The Python name of a command: the command's, unless that is reserved."""
    return f"{command}_" if iskeyword(command) else command


_DISK = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF)
"""What a disk answers that takes no more, and what there is of an output that was closed."""


class CommandGroup(click.Group):
    """``commands`` maps each command to its module, which defines a function of the same name."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        command: click.Command = getattr(import_module(self._modules[cmd_name]), identifier(cmd_name))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._modules and not args[0].startswith("-"):
            from archdsl.diagnostics.suggest import did_you_mean

            near = did_you_mean(args[0], self._modules) or (f"there are {', '.join(self._modules)}",)
            raise exits.Refusal(f"no command `{args[0]}`: {near[0]}")
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _exits():  # `--help` prints here already
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _exits():
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where a closed pipe is expected
        return result


_SEPARATE: Final = {
    **{name: name for name in ("h5py", "keras", "matplotlib", "numpy", "safetensors", "tensorflow")},
    "PIL": "pillow",
}
"""Modules that an installation for checks alone does without (docs/checking.md), with the packages that have them."""


@contextmanager
def _exits() -> Iterator[None]:
    """Turns exceptions that end a command into an exit code and a message."""
    try:
        yield
    except ArchError as error:
        from archdsl.cli.terminal import show_diagnostics

        show_diagnostics(error.diagnostics, err=True)
        raise Exit(exits.SPEC_ERRORS) from None
    except KeyboardInterrupt:
        click.echo(err=True)
        raise Exit(exits.INTERRUPTED) from None
    except BrokenPipeError:
        _discard_output()
        raise Exit(exits.PIPE_CLOSED) from None
    except (click.ClickException, Exit, click.Abort):
        raise
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _SEPARATE:
            _report(error)
            raise Exit(exits.INTERNAL) from None
        name = _SEPARATE[error.name.partition(".")[0]]
        raise exits.Refusal(f"this needs the package `{name}`, which is not installed: `pip install {name}`") from None
    except Exception as error:  # noqa: BLE001  # whatever it is, users get a message and no traceback
        if isinstance(error, OSError) and error.errno in _DISK:  # of a file it would have been told as such
            _discard_output()
            raise exits.Refusal(exits.unwritable(error)) from None
        _report(error)
        raise Exit(exits.INTERNAL) from None


def _report(error: Exception) -> None:
    context = click.get_current_context(silent=True)
    debug = context is not None and context.find_root().params.get("debug")
    if debug:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    how = "" if debug else "; `archdsl --debug …` or ARCHDSL_DEBUG=1 shows where it happened"
    where = f"archdsl {__version__} (Python {sys.version.split()[0]}, {sys.platform})"
    click.echo(
        f"internal error: {what}\n"
        f"This is a bug in {where} and not in your spec.\n"
        f"Please report it with the command and the spec that led here{how}.",
        err=True,
    )


def _discard_output() -> None:
    """Redirects standard output to nothing, so that the interpreter does not report an error when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
