"""``archdsl select``: the models that meet the limits of a task, with reasons."""

from __future__ import annotations

import click

from archdsl.cli import terminal
from archdsl.cli.budgets import budget_options, criteria
from archdsl.cli.foreign import opaque_options
from archdsl.cli.limits import limit_option
from archdsl.cli.numbers import Number, Percent
from archdsl.cli.output import STDOUT
from archdsl.cli.specs import SpecType, set_option
from archdsl.cli.surveys import failures, gather, over_option, report, report_members
from archdsl.cli.tables import chosen_format, coloured, format_option, output_option, show
from archdsl.measures import MEASURES

_FORMATS = ("text", "json")
_EPILOG = """\b
Examples:
  archdsl select --max-params 5M --max-macs 1G --top1 70
  archdsl select --top1 80 --prefer macs
  archdsl select --max-params 30M --min-year 2020
  archdsl select --max-memory 8MB net.arch resnet18 --format json
  archdsl select mobilenet_v2 --over "width=[0.35, 0.5, 1.0]" --max-macs 100M

Every --max-… has a --min-…. Numbers are the language's: 5M, 4.1G, 250_000;
bytes may end in B or in KiB, MiB and GiB."""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="[SPEC]…", type=SpecType(), nargs=-1)
@budget_options
@click.option(
    "--top1", "--min-top1", "top1", type=Percent(), metavar="PERCENT", help="At least this accuracy on ImageNet."
)
@click.option("--min-year", "year", type=Number(), metavar="YEAR", help="Published then or later.")
@click.option(
    "--prefer",
    type=click.Choice(["top1", *(measure.name for measure in MEASURES if measure.better)]),
    default="top1",
    show_default=True,
    help="What to rank those by that meet all of it.",
)
@click.option("--all", "everything", is_flag=True, help="Look at all bundled models beside those named.")
@click.option("--misses", "misses", is_flag=True, help="List all that fell out, and not only the nearest.")
@over_option(required=False)
@format_option(*_FORMATS)
@output_option
@set_option
@opaque_options
@limit_option
@click.pass_context
def select(
    ctx: click.Context,
    /,
    specs: tuple[str, ...],
    top1: float | None,
    year: float | None,
    prefer: str,
    everything: bool,
    misses: bool,
    ranges: tuple[str, ...],
    format: str | None,
    out: str,
    settings: tuple[str, ...],
    **budgets: float | None,
) -> None:
    """Choose a model: the bundled ones, or those named, that meet limits, ranked, with reasons.

    Says what speaks for each, why the nearest of the others fell out, and which would do but state no accuracy.
    Accuracies are those that the specs state, published for the model with weights trained on ImageNet alone. Memory
    is that of activations in float32 for one image; weights come on top of it. With --over, each model that is named
    is looked at with every value of a parameter.
    """
    from archdsl.comparison.note import to_json, to_text
    from archdsl.comparison.select import select as choose

    wanted = criteria(budgets, prefer, top1=top1, year=year)
    entries, failed = gather(specs, everything, settings, ranges)
    selection = choose(entries, wanted)
    if chosen_format(format, out, _FORMATS) == "json":
        show(to_json(selection, failed=failures(failed)), out)
    else:
        show(
            to_text(
                selection,
                everything=misses,
                colour=coloured(out),
                room=terminal.page_width() if out == STDOUT else None,
            ),
            out,
        )
    if ranges:
        report_members(ctx, [(failure.name, failure.diagnostics) for failure in failed])
    else:
        report(ctx, [failure.diagnostics for failure in failed])
