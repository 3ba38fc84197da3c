"""``archdsl check``: reports all problems of specs, for people and for tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from archdsl.cli import checking
from archdsl.cli.exits import SPEC_ERRORS, Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.limits import limit_option
from archdsl.cli.paths import expand
from archdsl.cli.specs import STDIN, SpecType, find, is_bundled

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.files import Loaders

_EPILOG = """\b
Examples:
  archdsl check net.arch specs/
  archdsl check --fix specs/
  archdsl check --diff --unsafe net.arch
  archdsl check --strict --format github specs/
  archdsl check --watch specs/
  archdsl check --format sarif net.arch > net.sarif
  git show HEAD:net.arch | archdsl check -"""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="SPEC…", type=SpecType(), nargs=-1, required=True)
@click.option("--fix", is_flag=True, help="Apply the fixes that are safe, then check.")
@click.option("--diff", is_flag=True, help="Show what `--fix` would change, and change nothing.")
@click.option("--unsafe", is_flag=True, help="With `--fix` or `--diff`: fixes too that may not be what is meant.")
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
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@opaque_options
@limit_option
@click.pass_context
def check(
    ctx: click.Context,
    specs: tuple[str, ...],
    fix: bool,
    diff: bool,
    unsafe: bool,
    format: str,
    max_errors: int,
    strict: bool,
    watch: bool,
) -> None:
    """Check specs: syntax, names, shapes, `check` lines.

    SPEC may be a folder, too: all `.arch` files below it. The whole file is checked, whichever of its models SPEC
    names; `-` reads one from standard input. Warnings alone leave the exit code at 0, unless `--strict` is given; a
    comment `# allow: CODE` on the line silences one. Of a graph that was saved as JSON, every shape is proved again.

    `--fix` mends what can be mended in one way, and leaves a file as it is rather than with more errors.
    """
    if fix and diff:
        raise Refusal("`--fix` changes files and `--diff` shows changes: choose one")
    if unsafe and not (fix or diff):
        raise Refusal("`--unsafe` goes with `--fix` or `--diff`")
    if diff and format != "text":
        raise Refusal(f"`--diff` is text; `--format {format}` has the fixes without it")
    if watch:
        _watch(specs, max_errors, alone=not (fix or diff or strict) and format == "text")
    files = expand(specs, is_bundled)
    reports = _fix(files, unsafe) if fix else _show(files, unsafe) if diff else _check(files)
    match format:
        case "json":
            click.echo(checking.as_json(reports))
        case "text" if diff:
            pass
        case "text":
            click.echo(checking.as_text(reports, max_errors))
        case _:
            from archdsl.diagnostics import github, sarif

            render = (github if format == "github" else sarif).render_all
            if text := render([d for report in reports for d in report.diagnostics]):
                click.echo(text)
    if any(strict or d.is_error for report in reports for d in report.diagnostics):
        ctx.exit(SPEC_ERRORS)


def _watch(specs: Sequence[str], most: int, *, alone: bool) -> NoReturn:
    if not alone:
        raise Refusal("`--watch` shows text for readers, and goes with no other option but `--max-errors`")
    if STDIN in specs:
        raise Refusal("`--watch` follows files, and standard input is none")
    from archdsl.cli.watching import watch

    watch(specs, most)


def _check(files: Sequence[str | Path]) -> list[checking.Report]:
    loaders: Loaders = {}
    located = [find(file, loaders) for file in files]
    return [checking.examine(each) for each in located]


def _fix(files: Sequence[str | Path], unsafe: bool) -> list[checking.Report]:
    """Applies the fixes, and reports what is left."""
    from archdsl.cli.fixing import mended, writable, write

    for file in files:
        writable(find(file))
    fixed: list[int] = []
    for file in files:
        located = find(file)
        result = mended(located, unsafe=unsafe)
        if result.fixed:
            write(located, result.now.source.text)
        fixed.append(len(result.fixed))
    return [report._replace(fixed=n) for report, n in zip(_check(files), fixed, strict=True)]


def _show(files: Sequence[str | Path], unsafe: bool) -> list[checking.Report]:
    """Shows the fixes as a diff, with a count on standard error; returns the reports of the unchanged files."""
    from archdsl.cli.fixing import mended
    from archdsl.cli.patch import patch

    reports: list[checking.Report] = []
    fixed = 0
    for file in files:
        located = find(file)
        reports.append(checking.examine(located))
        result = mended(located, unsafe=unsafe)
        fixed += len(result.fixed)
        click.echo(patch(located.source.name, located.source.text, result.now.source.text), nl=False)
    total = sum(len(report.diagnostics) for report in reports)
    click.echo(f"{fixed} of {total} problem{'s' * (total != 1)} can be mended", err=True)
    return reports
