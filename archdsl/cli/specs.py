"""The argument SPEC, a file, a model in a file, or a bundled name: located, completed, configured with ``--set``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from archdsl.cli import foreign, inputs
from archdsl.cli.exits import USAGE, Refusal
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.terminal import show_diagnostics

if TYPE_CHECKING:
    from archdsl.architecture import Architecture
    from archdsl.files import Loaders, Located

_F = TypeVar("_F", bound=Callable[..., Any])
STDIN = "-"


class SpecType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A parameter type: the text as typed, with completion."""

    name = "spec"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from archdsl.bundled import bundled, plain
        from archdsl.intake import ENDINGS

        folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
        endings = (".arch", ".json", *ENDINGS)
        files = sorted(each for ending in endings for each in folder.glob(f"*{ending}")) if folder.is_dir() else []
        names = [path.as_posix() for path in files]
        if "/" not in incomplete:
            known = bundled()
            stems = {file.removesuffix(".arch") for file, _ in known.values()}
            names += sorted(stems | (known.keys() - map(plain, stems)))
        items = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*items, CompletionItem(incomplete, type="dir")]


def spec_argument(function: _F) -> _F:
    """The argument SPEC, and ``--limit``."""
    return click.argument("spec", type=SpecType())(limit_option(function))


def set_option(function: _F) -> _F:
    """``--set name=value``, repeatable."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a parameter of the model: a number (1_000, 4.1G), true, false, a string, a list ([3,4,6,3]) or any "
        "other expression of the language.",
    )(function)


def find(spec: str | Path, loaders: Loaders | None = None) -> Located:
    """The spec's text and the loader of its imports; a refusal with suggestions if there is none.

    A path is one of a file, whatever its name.
    """
    from archdsl.files import NotFound, locate, on_disk
    from archdsl.intake import is_foreign

    if spec == STDIN:
        return _stdin()
    if is_foreign(str(spec)):
        return _foreign(str(spec))
    try:
        if isinstance(spec, Path):
            located = on_disk(spec, chosen(), loaders=loaders)
        else:
            located = locate(spec, chosen(), loaders)
    except NotFound as error:
        raise Refusal(str(error)) from None
    inputs.add(located.loader.looked_at)
    return located


def is_bundled(spec: str) -> bool:
    """Whether a SPEC is the name of a bundled spec, even if a folder has that name."""
    from archdsl.bundled import bundled, plain

    return "/" not in spec and plain(spec) in bundled()


def open_model(spec: str, settings: tuple[str, ...] = ()) -> Architecture:
    """The model named by SPEC with its parameters set. Raises ``ArchError`` when the spec has errors."""
    return open_located(find(spec), settings)


def open_located(located: Located, settings: tuple[str, ...]) -> Architecture:
    """The model of a located spec, as from ``open_model``."""
    from archdsl.api import choose_model, elaborate, select
    from archdsl.cli.settings import is_setting, parse
    from archdsl.compiler import Program
    from archdsl.diagnostics import ArchError

    if located.is_graph:
        if settings:
            raise Refusal(f"--set: {located.source.name} is a graph, which has no parameters")
        return select(located, {})
    program = Program(located.source, located.loader, chosen())
    model = choose_model(program, located.model)
    try:
        return elaborate(program, model, parse(program, model, settings))
    except ArchError as error:
        if any(is_setting(d.span.source) for d in error.diagnostics):
            show_diagnostics(error.diagnostics, err=True)
            raise click.exceptions.Exit(USAGE) from None  # the spec is right; what it was given is not
        raise


def _foreign(file: str) -> Located:
    """A model file of another program, imported as a spec."""
    from archdsl.intake.errors import Unreadable
    from archdsl.intake.located import located

    try:
        found = located(file, chosen(), foreign.chosen())
    except Unreadable as error:
        raise foreign.Unread(error) from None
    except ImportError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
    inputs.add(found.loader.looked_at)
    return found


def _stdin() -> Located:
    """A spec from standard input. Its imports are relative to the current directory."""
    from archdsl.files import STDIN_NAME, DiskLoader, Located, project_root, read_stream
    from archdsl.source import SourceFile

    limits = chosen()
    try:
        text = read_stream(sys.stdin.buffer, limits.source)
    except OSError as error:  # it was closed, or is a folder
        raise Refusal(f"cannot read standard input: {(error.strerror or 'failed').lower()}") from None
    with suppress(OSError):  # it is no file of the system, as in tests
        inputs.add({sys.stdin.fileno()})
    try:
        path = Path.cwd() / STDIN_NAME
    except FileNotFoundError:  # the current folder was deleted: there is nothing to import
        return Located(SourceFile(STDIN_NAME, text), DiskLoader(limits=limits), None, STDIN_NAME)
    return Located(SourceFile(STDIN_NAME, text, path), DiskLoader(project_root(path), limits), None, STDIN_NAME)
