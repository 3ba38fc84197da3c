"""``archdsl study show``: shows the results of a study, also while it runs."""

from __future__ import annotations

from pathlib import Path

import click

from archdsl.cli.numbers import Percent
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.studies.options import refusing, show_results
from archdsl.cli.tables import FORMATS, format_option, output_option

_EPILOG = """\b
Examples:
  archdsl study show out/ablation
  archdsl study show out/ablation -o report.html
  archdsl study show out/ablation --plot curves.svg
  archdsl study show out/ablation --plot bars.png --as bars"""


@click.command(epilog=_EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--reach", type=Percent(), metavar="PERCENT", help="Count the epochs to this accuracy.")
@click.option("--partial", is_flag=True, help="Trials that have not ended too, as far as they are.")
@format_option(*FORMATS)
@output_option
@plot_option("the learning curves")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["curves", "bars", "macs", "params"]),
    default="curves",
    show_default=True,
    help="Plot this instead: accuracies as bars, or against a cost.",
)
@click.option(
    "--cost", type=click.Choice(["macs", "params"]), default="macs", help="Of the front of a search.", show_default=True
)
def show(
    folder: Path,
    reach: float | None,
    partial: bool,
    format: str | None,
    out: str,
    target: Path | None,
    kind: str,
    cost: str,
) -> None:
    """Show the results so far of the study in DIR: a table, an HTML page with plots, JSON, or a plot."""
    share = reach and reach / 100
    if target is not None:
        from archdsl.training.results import results

        with refusing():
            found = results(folder, share, partial=partial)
        from archdsl.plots import learning

        draw = {"curves": learning.curves, "bars": learning.bars}
        save(target, lambda: draw[kind](found) if kind in draw else learning.cost(found, kind))
    if target is None or out != STDOUT:
        show_results(folder, format, out, share, partial=partial, cost=cost)
