"""``archdsl check``: everything that is wrong with specs, for people and for tools."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from archdsl.cli.exits import SPEC_ERRORS
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.specs import SpecType, find
from archdsl.cli.terminal import colour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.diagnostics import Diagnostic
    from archdsl.files import Located
    from archdsl.passes.sizes import Least

SCHEMA = "archdsl-check"
VERSION = 1
_EPILOG = """\b
Examples:
  archdsl check specs/*.arch
  archdsl check --strict --format github specs/*.arch
  archdsl check --format sarif net.arch > net.sarif
  git show HEAD:net.arch | archdsl check -"""


class Report(NamedTuple):
    """What was found in one spec."""

    spec: str
    """As it was asked for, but no absolute path: what is written for tools names nothing of the machine."""
    file: str
    models: tuple[str, ...]
    checks: int
    diagnostics: tuple[Diagnostic, ...]
    seconds: float
    sizes: Mapping[str, tuple[Least, ...]]
    """Of each model that leaves sizes open, what these must be at least."""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="SPEC…", type=SpecType(), nargs=-1, required=True)
@click.option(
    "--format",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="For readers, programs, GitHub Actions, or code scanning.",
)
@click.option(
    "--max-errors",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many problems of a spec to show as text; the other formats have all.",
)
@click.option("--strict", is_flag=True, help="Let warnings fail too: exit with 1, as errors do.")
@limit_option
@click.pass_context
def check(ctx: click.Context, specs: tuple[str, ...], format: str, max_errors: int, strict: bool) -> None:
    """Check specs: syntax, names, shapes, `check` lines.

    The whole file is checked, whichever of its models SPEC names; `-` reads one from standard input. Warnings alone
    leave the exit code at 0, unless `--strict` is given; a comment `# allow: CODE` on the line silences one. Of a graph
    that was saved as JSON, every shape is proved again.
    """
    reports = [_check(spec) for spec in dict.fromkeys(specs)]
    match format:
        case "json":
            click.echo(_json(reports))
        case "text":
            click.echo("\n".join(_text(report, max_errors) for report in reports))
        case _:
            from archdsl.diagnostics import github, sarif

            render = (github if format == "github" else sarif).render_all
            if text := render([d for report in reports for d in report.diagnostics]):
                click.echo(text)
    if any(strict or d.is_error for report in reports for d in report.diagnostics):
        ctx.exit(SPEC_ERRORS)


def _check(spec: str) -> Report:
    located = find(spec)
    started = perf_counter()
    if located.is_graph:
        return _check_graph(located, started)
    from archdsl.compiler import Program, unknown_model

    program = Program(located.source, located.loader, chosen())
    program.check()
    found = program.diagnostics
    if located.model is not None and located.model not in program.models and not program.has_errors:
        found = (unknown_model(program, located.model), *found)
    seconds = perf_counter() - started
    name, sizes = located.source.name, program.open_sizes
    return Report(located.asked, name, program.models, program.checks, found, seconds, sizes)


def _check_graph(located: Located, started: float) -> Report:
    from archdsl.api import read_graph
    from archdsl.diagnostics import ArchError

    models: tuple[str, ...] = ()
    sizes: dict[str, tuple[Least, ...]] = {}
    found: tuple[Diagnostic, ...] = ()
    try:
        graph = read_graph(located.source)
        models = (graph.name,)
        if graph.is_open:
            from archdsl.passes.sizes import least_sizes

            sizes = {graph.name: least_sizes(graph)}
    except ArchError as error:
        found = tuple(error.diagnostics)
    return Report(located.asked, located.source.name, models, 0, found, perf_counter() - started, sizes)


def _text(report: Report, most: int) -> str:
    parts = [
        f"{n} {word}{'s' * (n != 1)}" for n, word in ((len(report.models), "model"), (report.checks, "check")) if n
    ]
    shown: list[str] = []
    if report.diagnostics:
        from archdsl.diagnostics.terminal import count, left_out, render

        parts.append(count(report.diagnostics))
        shown = [render(d, colour=colour()) + "\n" for d in report.diagnostics[:most]]
        shown += [line + "\n" for line in left_out(report.diagnostics, most)]
    elif report.models or report.checks:
        parts.append("no problems")
    else:
        parts.append("no problems, but nothing to compile: a `check` line compiles a block")
    proved = (f"  {model} is proved for {', '.join(map(str, sizes))}" for model, sizes in report.sizes.items())
    return "\n".join([*shown, f"{report.file}: {', '.join(parts)} ({report.seconds * 1000:.0f} ms)", *proved])


def _sizes(report: Report) -> dict[str, Any]:
    return {model: [least._asdict() for least in sizes] for model, sizes in report.sizes.items()}


def _json(reports: list[Report]) -> str:
    from archdsl.diagnostics.json import to_json
    from archdsl.jsontext import dumps

    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": VERSION,
        "specs": [
            {
                "spec": report.spec,
                "file": report.file,
                "models": list(report.models),
                "checks": report.checks,
                **({"sizes": _sizes(report)} if report.sizes else {}),
                "errors": sum(d.is_error for d in report.diagnostics),
                "warnings": sum(not d.is_error for d in report.diagnostics),
                "diagnostics": [to_json(d) for d in report.diagnostics],
            }
            for report in reports
        ],
    }
    return dumps(document, indent=2)
