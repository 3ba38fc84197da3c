"""``archdsl summary``: shapes, parameters and multiply-adds of a model."""

from __future__ import annotations

import click

from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import colour

_EPILOG = """\b
Examples:
  archdsl summary resnet50
  archdsl summary specs/resnet50.arch:ResNet101 --levels 1
  archdsl summary resnet50 --set size=288 --format json | jq .macs"""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option("--levels", type=click.IntRange(min=1), help="How many blocks deep to look; all of them if not given.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@set_option
def summary(spec: str, levels: int | None, format: str, settings: tuple[str, ...]) -> None:
    """Show what a model consists of and costs.

    A row for each block and op with its output, weights and multiply-adds; what repeats has one row. Keras is not
    needed: the figures are computed from the spec.
    """
    from archdsl.summary import to_json, to_text

    found = open_model(spec, settings).summary()
    click.echo(to_json(found) if format == "json" else to_text(found, levels=levels, colour=colour()), nl=False)
