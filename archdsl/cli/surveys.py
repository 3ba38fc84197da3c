"""Shared by commands over many models: measures them, and reports those with errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from archdsl.cli.exits import SPEC_ERRORS, Refusal
from archdsl.cli.limits import chosen
from archdsl.cli.specs import find
from archdsl.cli.terminal import show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.comparison import Entry
    from archdsl.comparison.scaling import Member
    from archdsl.compiler import Program
    from archdsl.diagnostics import Diagnostic
    from archdsl.elaborate.values import Given
    from archdsl.files import Located
    from archdsl.survey import Failed

_Command = TypeVar("_Command", bound=Callable[..., Any])
_TOLD: Final = 3
"""Members of a family whose first error is shown."""


def over_option(*, required: bool) -> Callable[[_Command], _Command]:
    """``--over``, for ``sweep``."""
    return click.option(
        "--over",
        "ranges",
        multiple=True,
        required=required,
        metavar="NAME=VALUES",
        help="A parameter and its values: `phi=0..7`, `size=64..256 step 64`, or a list of any values of the "
        "language. With several, all combinations.",
    )


class Varied(NamedTuple):
    """A model with one or several values for each parameter."""

    program: Program
    model: str
    fixed: dict[str, Any]
    varied: dict[str, Sequence[Given]]


def given_ranges(located: Located, ranges: tuple[str, ...], settings: tuple[str, ...]) -> Varied:
    """The values of a model's parameters from ``--over`` and ``--set``.

    Raises:
        Refusal: it is a graph, or a parameter has both.
    """
    from archdsl.api import choose_model
    from archdsl.cli import ranges as over
    from archdsl.cli.settings import parse
    from archdsl.compiler import Program

    if located.is_graph:
        raise Refusal(f"--over: {located.source.name} is a graph, which has no parameters")
    program = Program(located.source, located.loader, chosen())
    model = choose_model(program, located.model)
    found = Varied(program, model, parse(program, model, settings), over.parse(program, model, ranges))
    if twice := sorted(found.fixed.keys() & found.varied.keys()):
        raise Refusal(f"--over: `{twice[0]}` has a value already")
    return found


def sweep(located: Located, ranges: tuple[str, ...], settings: tuple[str, ...]) -> list[Member]:
    """The family of a model over the values of ``--over``."""
    from archdsl.cli import ranges as over
    from archdsl.cli.settings import parse
    from archdsl.survey import family

    if located.is_graph:
        raise Refusal(f"--over: {located.source.name} is a graph, which has no parameters")
    try:
        with working(f"scaling {located.asked}"):
            return list(
                family(
                    located,
                    lambda program, model: over.parse(program, model, ranges),
                    lambda program, model: parse(program, model, settings),
                    chosen(),
                )
            )
    except ValueError as error:
        raise Refusal(f"--over: {error}") from None


def gather(
    specs: Sequence[str], everything: bool, settings: tuple[str, ...], ranges: tuple[str, ...] = ()
) -> tuple[list[Entry], list[Failed]]:
    """The figures of the named models, or of the whole zoo, and the failures."""
    from archdsl.cli.settings import parse
    from archdsl.survey import Failed, survey, whole, zoo

    if ranges and (everything or not specs):
        raise Refusal("--over changes parameters of the models that are named: name them, without --all")
    named = [find(spec) for spec in dict.fromkeys(specs)]
    if everything or not specs:
        named += [whole(find(name)) for name in zoo()]
    entries: list[Entry] = []
    failed: list[Failed] = []
    for located in named if ranges else ():
        for member in sweep(located, ranges, settings):
            if member.entry is None:
                failed.append(Failed(f"{located.asked}: {member}", member.diagnostics))
            else:
                entries.append(member.entry)
    if ranges:
        return entries, failed
    given = (lambda program, model: parse(program, model, settings)) if settings else None
    with working(f"measuring {len(named)} spec{'s' * (len(named) != 1)}"):
        for result in survey(named, given, chosen()):
            if isinstance(result, Failed):
                failed.append(result)
            else:
                entries.append(result)
    return entries, failed


def report(ctx: click.Context, failed: Sequence[Sequence[Diagnostic]]) -> None:
    """Shows the diagnostics of each failed model, without duplicates, and exits with their code."""
    shown: list[Sequence[Diagnostic]] = []
    for diagnostics in failed:
        if diagnostics not in shown:
            shown.append(diagnostics)
            show_diagnostics(diagnostics, err=True)
    if failed:
        ctx.exit(SPEC_ERRORS)


def report_members(ctx: click.Context, failed: Sequence[tuple[str, Sequence[Diagnostic]]]) -> None:
    """Shows the first error of a few failed members of a family, and exits with their code.

    One value that does not fit breaks many ops, for one reason. Equal errors are shown once.
    """
    shown: list[Diagnostic] = []
    for member, diagnostics in failed:
        first = next((d for d in diagnostics if d.severity == "error"), None)
        if first is None or first in shown:
            continue
        if len(shown) == _TOLD:
            click.echo("errors of further values are not shown; --format json has all", err=True)
            break
        shown.append(first)
        show_diagnostics([first], err=True)
        if more := len(diagnostics) - 1:
            click.echo(f"{member}: {more} more follow{'s' * (more == 1)}; --format json has all\n", err=True)
    if failed:
        ctx.exit(SPEC_ERRORS)


def failures(failed: Sequence[Failed]) -> list[dict[str, Any]]:
    """The failures, for JSON."""
    from archdsl.diagnostics.json import to_json

    return [{"name": failure.name, "diagnostics": [to_json(d) for d in failure.diagnostics]} for failure in failed]
