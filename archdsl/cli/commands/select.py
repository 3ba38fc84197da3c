"""``archdsl select``: which models meet the limits of a task, and why."""

from __future__ import annotations

import click

from archdsl.cli.limits import limit_option
from archdsl.cli.numbers import Number, Percent
from archdsl.cli.specs import SpecType, set_option
from archdsl.cli.surveys import failures, gather, report
from archdsl.cli.tables import chosen_format, coloured, format_option, output_option, show

_FORMATS = ("text", "json")
_EPILOG = """\b
Examples:
  archdsl select --max-params 5M --max-macs 1G --top1 70
  archdsl select --top1 80 --prefer macs
  archdsl select --max-params 30M --min-year 2020
  archdsl select --max-memory 8MB net.arch resnet18 --format json

Numbers are the language's: 5M, 4.1G, 250_000; bytes may end in B or in KiB, MiB and GiB."""


@click.command(epilog=_EPILOG)
@click.argument("specs", metavar="[SPEC]…", type=SpecType(), nargs=-1)
@click.option("--max-params", type=Number(), metavar="N", help="At most so many weights, as Keras counts them.")
@click.option("--max-macs", type=Number(), metavar="N", help="At most so many multiply-adds for one image.")
@click.option(
    "--max-memory", type=Number("B"), metavar="BYTES", help="At most so many bytes of activations for one image."
)
@click.option(
    "--top1", "--min-top1", "top1", type=Percent(), metavar="PERCENT", help="At least this accuracy on ImageNet."
)
@click.option("--min-year", type=Number(), metavar="YEAR", help="Published then or later.")
@click.option(
    "--prefer",
    type=click.Choice(["top1", "params", "macs", "memory"]),
    default="top1",
    show_default=True,
    help="What to rank those by that meet all of it.",
)
@click.option("--all", "everything", is_flag=True, help="Look at all bundled models beside those named.")
@click.option("--misses", "misses", is_flag=True, help="List all that fell out, and not only the nearest.")
@format_option(*_FORMATS)
@output_option
@set_option
@limit_option
@click.pass_context
def select(
    ctx: click.Context,
    specs: tuple[str, ...],
    max_params: float | None,
    max_macs: float | None,
    max_memory: float | None,
    top1: float | None,
    min_year: float | None,
    prefer: str,
    everything: bool,
    misses: bool,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
) -> None:
    """Choose a model: the bundled ones, or those named, that meet limits, ranked, with reasons.

    Says what speaks for each, why the nearest of the others fell out, and which would do but state no accuracy.
    Accuracies are those that the specs state, published for the model with weights trained on ImageNet alone. Memory
    is that of activations in float32 for one image; weights come on top of it.
    """
    from archdsl.comparison.note import to_json, to_text
    from archdsl.comparison.select import Criteria
    from archdsl.comparison.select import select as choose

    criteria = Criteria(max_params, max_macs, max_memory, top1, min_year, prefer)  # type: ignore[arg-type]  # click's choice
    entries, failed = gather(specs, everything, settings)
    selection = choose(entries, criteria)
    if chosen_format(format, out, _FORMATS) == "json":
        show(to_json(selection, failed=failures(failed)), out)
    else:
        show(to_text(selection, everything=misses, colour=coloured(out)), out)
    report(ctx, [failure.diagnostics for failure in failed])
