"""``archdsl compare``: compares models in a table or a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from archdsl.cli.budgets import order, sort_option
from archdsl.cli.exits import Refusal
from archdsl.cli.foreign import opaque_options
from archdsl.cli.limits import limit_option
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.specs import SpecType, set_option
from archdsl.cli.surveys import failures, gather, report
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

COLUMNS: Final = ("model", *(measure.key for measure in MEASURES), "input", "year", "top1", "source", "file")
_EPILOG = """\b
Examples:
  archdsl compare resnet50 swin_t convnext_tiny
  archdsl compare --all --sort top1:desc
  archdsl compare specs/efficientnet.arch --columns model,params,macs,top1 --format markdown
  archdsl compare net.arch resnet18 --set classes=10
  archdsl compare --all --plot zoo.svg
  archdsl compare mobilenet_v2 resnet50 efficientnet_b0 --plot sizes.png --bars

docs/compare.md says what the columns count."""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="[SPEC]…", type=SpecType(), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All bundled models, beside those named. Without SPEC, too.")
@sort_option
@columns_option(COLUMNS, ", or a fact that the specs' `about` states, such as `paper`")
@format_option(*FORMATS)
@output_option
@plot_option("accuracy against cost")
@click.option(
    "--x", type=click.Choice([measure.name for measure in MEASURES]), help="The cost to plot.  [default: params]"
)
@click.option("--bars", is_flag=True, help="Plot a bar for each model's cost instead.")
@set_option
@opaque_options
@limit_option
@click.pass_context
def compare(
    ctx: click.Context,
    specs: tuple[str, ...],
    everything: bool,
    sort: str | None,
    columns: tuple[str, ...] | None,
    format: str | None,
    out: str,
    target: Path | None,
    x: str | None,
    bars: bool,
    settings: tuple[str, ...],
) -> None:
    """Compare models: a row for each, with its size, cost, depth, memory, receptive field and published accuracy.

    A SPEC that is a file without a model's name stands for all its models that need no arguments, and a model that
    needs some for its variants. Without SPEC the bundled models are compared. Keras is not needed: the figures are
    computed from the specs. A spec with errors is reported, and the others are compared all the same.

    A model that is changed with --set is not the one whose accuracy was published, so that it has none.
    """
    from archdsl.comparison.columns import known, ordered, table
    from archdsl.comparison.json import to_json

    form = chosen_format(format, out)
    asked = order(sort) if sort else None
    for given, option in ((bars, "--bars"), (x, "--x")):
        if given and target is None:
            raise Refusal(f"{option} is how --plot FILE draws: give it too")
    entries, failed = gather(specs, everything, settings)
    columns = columns and tuple(column(name, known(entries)) for name in columns)
    if asked:
        entries = list(ordered(entries, column(asked[0], known(entries)), descending=asked[1]))
    if entries and target is not None:
        from archdsl.plots import models

        cost = x or "params"
        save(target, lambda: models.bars(entries, cost) if bars else models.accuracy(entries, cost))
    if entries and (target is None or out != STDOUT):
        if form == "json":
            show(to_json(entries, failed=failures(failed)), out)
        else:
            show_tables(table(entries, columns), format=form, out=out)
    report(ctx, [failure.diagnostics for failure in failed])
