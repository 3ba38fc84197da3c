"""``archdsl check``: everything that is wrong with specs, for people and for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archdsl.cli import checking
from archdsl.cli.exits import SPEC_ERRORS
from archdsl.cli.limits import limit_option
from archdsl.cli.paths import expand
from archdsl.cli.specs import SpecType, find, is_bundled

if TYPE_CHECKING:
    from archdsl.files import Loaders

_EPILOG = """\b
Examples:
  archdsl check net.arch specs/
  archdsl check --strict --format github specs/
  archdsl check --format sarif net.arch > net.sarif
  git show HEAD:net.arch | archdsl check -"""


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

    SPEC may be a folder, too: all `.arch` files below it. The whole file is checked, whichever of its models SPEC
    names; `-` reads one from standard input. Warnings alone leave the exit code at 0, unless `--strict` is given; a
    comment `# allow: CODE` on the line silences one. Of a graph that was saved as JSON, every shape is proved again.
    """
    from archdsl.syntax.parser import ParseCache

    loaders: Loaders = {}
    located = [find(spec, loaders) for spec in expand(specs, is_bundled)]
    parsed = ParseCache()
    reports = [checking.examine(each, parsed) for each in located]
    match format:
        case "json":
            click.echo(checking.as_json(reports))
        case "text":
            click.echo(checking.as_text(reports, max_errors))
        case _:
            from archdsl.diagnostics import github, sarif

            render = (github if format == "github" else sarif).render_all
            if text := render([d for report in reports for d in report.diagnostics]):
                click.echo(text)
    if any(strict or d.is_error for report in reports for d in report.diagnostics):
        ctx.exit(SPEC_ERRORS)
