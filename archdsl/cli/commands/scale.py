"""``archdsl scale``: a model's figures as functions of its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from archdsl.cli.budgets import budget_options, criteria, order, sort_option
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.specs import find, set_option, spec_argument
from archdsl.cli.surveys import over_option, report_members, sweep
from archdsl.cli.tables import (
    FORMATS,
    chosen_format,
    column,
    columns_option,
    format_option,
    output_option,
    show,
    show_tables,
)
from archdsl.measures import MEASURES

COLUMNS: Final = ("input", *(measure.key for measure in MEASURES))
_EPILOG = """\b
Examples:
  archdsl scale efficientnet --over "phi=0..7"
  archdsl scale mobilenet_v2 --over "width=[0.35, 0.5, 0.75, 1.0, 1.4]"
  archdsl scale resnet50 --over "size=64..256 step 64" --plot sizes.svg
  archdsl scale mobilenet_v2 --over "width=[0.5, 1.0]" --over "size=[128, 224]" --sort macs
  archdsl scale efficientnet --over "phi=0..7" --max-params 20M --max-macs 2G
  archdsl scale resnet50:ResNet --set unit=Bottleneck --over "depths=[[3,4,6,3], [3,4,23,3]]"

Every --max-… has a --min-…; numbers are the language's: 5M, 4.1G, 100MB."""


@click.command(epilog=_EPILOG)
@spec_argument
@over_option(required=True)
@sort_option
@columns_option(COLUMNS)
@budget_options
@format_option(*FORMATS)
@output_option
@plot_option("the figures over the values")
@set_option
@click.pass_context
def scale(
    ctx: click.Context,
    /,
    spec: str,
    ranges: tuple[str, ...],
    sort: str | None,
    columns: tuple[str, ...] | None,
    format: str | None,
    out: str,
    target: Path | None,
    settings: tuple[str, ...],
    **budgets: float | None,
) -> None:
    """Scale a model: its figures for each value of a parameter, and how many times those of the first in the table.

    Both ends of a range are in it. Values are read as `--set` reads them, so that lists may hold numbers, strings,
    lists, ops and blocks. A value that the model cannot take is reported, and the others are tabulated all the same.
    Members that break a limit are left out. A figure that is called like a parameter is called `model_…`.
    """
    from archdsl.comparison.scaling import ordered, plain, table, to_json, within
    from archdsl.diagnostics.json import to_json as diagnostic

    form = chosen_format(format, out)
    asked = order(sort) if sort else None
    wanted = criteria(budgets)
    every = sweep(find(spec), ranges, settings)
    shown = within(every, wanted)
    if asked:
        parameters = [argument.name for argument in every[0].arguments]
        shown = ordered(shown, column(asked[0], [*parameters, *COLUMNS]), descending=asked[1])
    failed = [member for member in every if member.entry is None]
    model = next((member.entry.model for member in every if member.entry is not None), spec)
    if target is not None and len(shown) > len(failed):
        from archdsl.plots import scaling

        save(target, lambda: scaling.lines(model, shown))
    if target is None or out != STDOUT:
        if form == "json":
            found = [{"arguments": plain(m), "diagnostics": [diagnostic(d) for d in m.diagnostics]} for m in failed]
            show(to_json(model, shown, failed=found), out)
        else:
            notes = [f"{member}: {member.diagnostics[0].text}" for member in failed if member.diagnostics]
            if left := len(every) - len(shown):
                notes.append(f"{left} of {len(every)} left out: not {', '.join(map(str, wanted.limits))}")
            show_tables(table(model, shown, columns, notes), format=form, out=out)
    report_members(ctx, [(str(member), member.diagnostics) for member in failed])
