"""The command ``archdsl``: its subcommands, and what they share."""

from __future__ import annotations

import gc
import os
import sys
from types import ModuleType
from typing import NoReturn

# pydantic looks for plugins in the metadata of every installed package, and archdsl uses none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import click

from archdsl.cli.exits import INTERRUPTED, PIPE_CLOSED, USAGE, unwritable
from archdsl.cli.group import CommandGroup, identifier
from archdsl.cli.streams import prepare
from archdsl.version import __version__

_COMMANDS = (
    "check",
    "fmt",
    "compile",
    "import",
    "weights",
    "predict",
    "summary",
    "compare",
    "select",
    "scale",
    "study",
    "bench",
    "diff",
    "render",
    "view",
    "lsp",
    "show",
    "ops",
    "explain",
    "completion",
)

_EXAMPLES = """\b
Examples:
  archdsl check specs/*.arch
  archdsl fmt specs
  archdsl summary resnet50
  archdsl render resnet50 -o resnet50.svg
  archdsl compile specs/resnet50.arch:ResNet101 --set classes=10
  archdsl import model.keras -o net.arch --weights net.safetensors
  archdsl weights convert resnet50 resnet50-11ad3fa6.pth -o resnet50.safetensors
  archdsl show std.residual
  archdsl ops conv
  archdsl explain shape-mismatch

A SPEC is a file, `net.arch`; one model of it, `net.arch:Model`; the file at a git revision, `net.arch@HEAD~1` or
`net.arch@v1:Model`; a graph that `compile --to json` wrote, `net.json`; or the name of a bundled model, `resnet50`.

\b
Exit codes: 0 done, 1 a spec has errors, 2 wrong usage or a file that cannot be read or written,
70 a bug in archdsl, 130 interrupted, 143 terminated."""


@click.group(
    cls=CommandGroup,
    modules={name: f"archdsl.cli.commands.{identifier(name)}" for name in _COMMANDS},
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, envvar="ARCHDSL_DEBUG", help="Show the traceback of an internal error.")
@click.version_option(__version__, message="archdsl %(version)s")
def cli(debug: bool) -> None:
    """Describes image-model architectures, checks them, draws them, and compiles them to Keras."""


def main() -> None:
    """Runs the command line and exits."""
    try:
        _spare_imports()
        gc.disable()  # a command is over before the collector would find anything; `compile` turns it on for Keras
        prepare()
        cli(prog_name="archdsl")
    except KeyboardInterrupt:  # before or after the command itself
        _leave(INTERRUPTED)
    except SystemExit as done:  # how click ends every command
        _leave(done.code if isinstance(done.code, int) else 0)


def _spare_imports() -> None:
    """Prevents pydantic's search for plugins, which imports much and takes a tenth of the time of a check.

    It does so even where the setting above turns plugins off. Should it look elsewhere one day, this has no effect.
    """
    loader = ModuleType("pydantic.plugin._loader")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)


def _leave(code: int) -> NoReturn:
    """Exits without finalising the interpreter, which takes a tenth of the time of a check.

    Everything is written and closed by now: files when their command was done, the streams here.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away
        code = code or PIPE_CLOSED
    except OSError as error:
        print(f"error: {unwritable(error)}", file=sys.stderr)
        code = code or USAGE
    sys.stderr.flush()
    os._exit(code)
