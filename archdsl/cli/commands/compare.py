"""``archdsl compare``: models side by side, in a table or a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from archdsl.cli.exits import SPEC_ERRORS, Refusal
from archdsl.cli.limits import chosen, limit_option
from archdsl.cli.output import STDOUT, written
from archdsl.cli.specs import SpecType, find, set_option
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
from archdsl.cli.terminal import show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.comparison import Entry
    from archdsl.survey import Failed

COLUMNS: Final = tuple("model params trainable macs depth memory field input year top1 source file".split())
PLOTS: Final = (".svg", ".png", ".pdf")
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
@click.option("--sort", metavar="COLUMN[:desc]", help="Sort by a column; what is not known comes last.")
@columns_option(COLUMNS)
@format_option(*FORMATS)
@output_option
@click.option("--plot", metavar="FILE", help="Draw accuracy against cost to FILE: .svg, .png or .pdf.")
@click.option(
    "--x", type=click.Choice(["params", "macs"]), default="params", show_default=True, help="The cost to plot."
)
@click.option("--bars", is_flag=True, help="Plot a bar for each model's cost instead.")
@set_option
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
    plot: str | None,
    x: str,
    bars: bool,
    settings: tuple[str, ...],
) -> None:
    """Compare models: a row for each, with its size, cost, depth, memory, receptive field and published accuracy.

    A SPEC that is a file without a model's name stands for all its models that need no arguments, and a model that
    needs some for its variants. Without SPEC the bundled models are compared. Keras is not needed: the figures are
    computed from the specs. A spec with errors is reported, and the others are compared all the same.

    A model that is changed with --set is not the one whose accuracy was published, so that it has none.
    """
    from archdsl.comparison.columns import ordered, table
    from archdsl.comparison.json import to_json

    form = chosen_format(format, out)
    order = _order(sort) if sort else None
    if bars and plot is None:
        raise Refusal("--bars is how --plot FILE draws: give it too")
    target = plot_target(plot)
    entries, failed = gather(specs, everything, settings)
    if order:
        entries = list(ordered(entries, order[0], descending=order[1]))
    if entries and target is not None:
        _draw(entries, target, x, bars)
    if entries and (target is None or out != STDOUT):
        if form == "json":
            show(to_json(entries, failed=failures(failed)), out)
        else:
            show_tables(table(entries, columns), format=form, out=out)
    report(ctx, failed)


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
    with working(f"measuring {len(named)} specs"):
        for result in survey(named, given, chosen()):
            if isinstance(result, Failed):
                failed.append(result)
            else:
                entries.append(result)
    return entries, failed


def report(ctx: click.Context, failed: Sequence[Failed]) -> None:
    """Shows the diagnostics of what has errors, and leaves with the exit code for it."""
    for failure in failed:
        show_diagnostics(failure.diagnostics, err=True)
    if failed:
        ctx.exit(SPEC_ERRORS)


def failures(failed: Sequence[Failed]) -> list[dict[str, Any]]:
    """What has errors, for JSON."""
    from archdsl.diagnostics.json import to_json

    return [{"name": failure.name, "diagnostics": [to_json(d) for d in failure.diagnostics]} for failure in failed]


def plot_target(name: str | None) -> Path | None:
    """The file to plot to, refused before the work if nothing can be drawn there."""
    if name is None:
        return None
    target = Path(name)
    if target.suffix.lower() not in PLOTS:
        raise Refusal(f"--plot {name}: plots are written to {', '.join(PLOTS[:-1])} or {PLOTS[-1]}")
    return target


def _draw(entries: Sequence[Entry], target: Path, x: str, bars: bool) -> None:
    with working("drawing"), written(target) as file:
        from archdsl.plots import models

        try:
            drawing = models.bars(entries, x) if bars else models.accuracy(entries, x)
        except ValueError as error:
            raise Refusal(f"--plot {target}: {error}") from None
        drawing.save(file, target.suffix.lower())
    click.echo(f"wrote {target}")


def _order(text: str) -> tuple[str, bool]:
    name, _, direction = text.partition(":")
    if direction not in ("", "asc", "desc"):
        raise Refusal(f"--sort {text}: a column may be followed by `:asc` or `:desc`")
    return column(name, COLUMNS), direction == "desc"
