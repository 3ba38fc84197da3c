"""What commands over many models share: measuring those that were named, and telling which have errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from archdsl.cli.exits import SPEC_ERRORS
from archdsl.cli.limits import chosen
from archdsl.cli.specs import find
from archdsl.cli.terminal import show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.comparison import Entry
    from archdsl.diagnostics import Diagnostic
    from archdsl.survey import Failed


def gather(specs: Sequence[str], everything: bool, settings: tuple[str, ...]) -> tuple[list[Entry], list[Failed]]:
    """The figures of the models that were named, or of the whole zoo, and what has errors."""
    from archdsl.cli.settings import parse
    from archdsl.survey import Failed, survey, whole, zoo

    named = [find(spec) for spec in dict.fromkeys(specs)]
    if everything or not specs:
        named += [whole(find(name)) for name in zoo()]
    given = (lambda program, model: parse(program, model, settings)) if settings else None
    entries: list[Entry] = []
    failed: list[Failed] = []
    with working(f"measuring {len(named)} spec{'s' * (len(named) != 1)}"):
        for result in survey(named, given, chosen()):
            if isinstance(result, Failed):
                failed.append(result)
            else:
                entries.append(result)
    return entries, failed


def report(ctx: click.Context, failed: Sequence[Sequence[Diagnostic]]) -> None:
    """Shows the diagnostics of each model that has errors, the same ones once, and leaves with the exit code for it."""
    shown: list[Sequence[Diagnostic]] = []
    for diagnostics in failed:
        if diagnostics not in shown:
            shown.append(diagnostics)
            show_diagnostics(diagnostics, err=True)
    if failed:
        ctx.exit(SPEC_ERRORS)


def failures(failed: Sequence[Failed]) -> list[dict[str, Any]]:
    """What has errors, for JSON."""
    from archdsl.diagnostics.json import to_json

    return [{"name": failure.name, "diagnostics": [to_json(d) for d in failure.diagnostics]} for failure in failed]
