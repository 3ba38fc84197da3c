"""``archdsl fmt``: formats specs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import click

from archdsl.atomic import replacing
from archdsl.cli.exits import SPEC_ERRORS, USAGE, Refusal
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.patch import patch
from archdsl.cli.paths import expand
from archdsl.cli.specs import STDIN, SpecType, find

SCHEMA = "archdsl-fmt"
VERSION = 1
_EPILOG = """\b
Examples:
  archdsl fmt net.arch
  archdsl fmt --check specs
  archdsl fmt --diff specs/*.arch
  git show HEAD:net.arch | archdsl fmt -"""


class Result(NamedTuple):
    """A file, its text before and after, and the lines that were kept verbatim because of errors."""

    name: str
    path: Path | None
    before: str
    after: str
    left: tuple[int, ...]

    @property
    def changes(self) -> bool:
        return self.before != self.after


@click.command(epilog=_EPILOG)
@click.argument("paths", metavar="PATH…", type=SpecType(), nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; name the files that are not in the form, and exit with 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For readers, or for programs.",
)
@limit_option
@click.pass_context
def fmt(ctx: click.Context, paths: tuple[str, ...], check: bool, diff: bool, format: str) -> None:
    """Format specs: bring them into the canonical form.

    PATH is a file, or a folder with all specs below it; `-` reads a spec from standard input and writes it to standard
    output. There is one form, docs/format.md describes it, and no options. What a spec means never changes: nothing but
    blanks, line breaks and commas does. A declaration that cannot be read stays as it is, and the exit code is 1.
    """
    results = [_formatted(path) for path in expand(dict.fromkeys(paths))]
    writes = not (check or diff)
    failures = [failure for result in results if writes and (failure := _write(result, format))]
    if diff:
        for result in results:
            click.echo(patch(result.name, result.before, result.after), nl=False)
    if format == "json":
        click.echo(_json(results))
    else:
        for result in results:
            for line in result.left:
                click.echo(
                    f"{result.name}:{line}: left as it is, as it cannot be read; `archdsl check` says why", err=True
                )
        if any(result.path for result in results) or not writes:
            _summarise(results, writes=writes, err=diff)
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    if failures:
        ctx.exit(USAGE)
    if any(result.left or (check and result.changes) for result in results):
        ctx.exit(SPEC_ERRORS)


def _formatted(given: str | Path) -> Result:
    from archdsl.format import format_text
    from archdsl.source import not_text

    path = None if given == STDIN else Path(given)
    located = find(path or STDIN)
    source, limits, name = located.source, chosen(), located.asked
    if located.is_graph:
        raise Refusal(f"{name}: a saved graph has no form")
    if len(source.text) > limits.source:
        raise Refusal(f"{name}: has more than {limits.source:_} characters")
    if (bad := not_text(source.text)) is not None:
        raise Refusal(f"{name}: {bad.what} in line {source.position(bad.offset)[0]} is no UTF-8")
    made = format_text(source.text, limits)
    return Result(name, path, source.text, made.text, made.left)


def _write(result: Result, format: str) -> str | None:
    """Writes the changes; returns the error if that is not possible."""
    if result.path is None:
        if format == "text":
            sys.stdout.flush()
            sys.stdout.buffer.write(result.after.encode())  # as it is: nothing in it is spelt out
            sys.stdout.buffer.flush()
        return None
    if not result.changes:
        return None
    try:
        with replacing(result.path) as file:
            file.write_text(result.after, encoding="utf-8", newline="\n")
    except OSError as error:
        return f"cannot write {result.name}: {(error.strerror or str(error)).lower()}"
    return None


def _summarise(results: list[Result], *, writes: bool, err: bool) -> None:
    changed = [result for result in results if result.changes]
    for result in changed:
        click.echo(f"{'reformatted' if writes else 'would reformat'} {result.name}", err=err)
    others = len(results) - len(changed)
    done = "reformatted" if writes else "would be reformatted"
    parts = [f"{_files(len(changed))} {done}"] if changed else []
    if others:
        parts.append(f"{others if changed else _files(others)} left alone")
    click.echo(", ".join(parts), err=err)


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def _json(results: list[Result]) -> str:
    from archdsl.jsontext import dumps

    files: list[dict[str, Any]] = [
        {"file": result.name, "changes": result.changes, "left": [{"line": line} for line in result.left]}
        for result in results
    ]
    return dumps({"schema": SCHEMA, "version": VERSION, "files": files}, indent=2)
