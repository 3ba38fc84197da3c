"""``archdsl scale``: how a model's figures grow with its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.limits import chosen
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.specs import find, set_option, spec_argument
from archdsl.cli.surveys import report
from archdsl.cli.tables import (
    FORMATS,
    chosen_format,
    columns_option,
    format_option,
    output_option,
    show,
    show_tables,
)
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.survey import Step

COLUMNS: Final = tuple("input params trainable macs depth memory field".split())
_EPILOG = """\b
Examples:
  archdsl scale efficientnet --over "phi=0..7"
  archdsl scale mobilenet_v2 --over "width=[0.35, 0.5, 0.75, 1.0, 1.4]"
  archdsl scale resnet50 --over "size=64..256 step 64" --plot sizes.svg
  archdsl scale mobilenet_v2 --over "width=[0.5, 1.0]" --over "size=[128, 224]" --format markdown
  archdsl scale resnet50:ResNet --set unit=Bottleneck --over "depths=[[3,4,6,3], [3,4,23,3]]\""""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option(
    "--over",
    "ranges",
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="A parameter and its values: `phi=0..7`, `size=64..256 step 64`, or a list of any values of the language. "
    "With several, all combinations.",
)
@columns_option(COLUMNS)
@format_option(*FORMATS)
@output_option
@plot_option("the figures over the values")
@set_option
@click.pass_context
def scale(
    ctx: click.Context,
    spec: str,
    ranges: tuple[str, ...],
    columns: tuple[str, ...] | None,
    format: str | None,
    out: str,
    target: Path | None,
    settings: tuple[str, ...],
) -> None:
    """Scale a model: its figures for each value of a parameter, and how many times those of the first.

    Both ends of a range are in it. Values are read as `--set` reads them, so that lists may hold numbers, strings,
    lists, ops and blocks. A value that the model cannot take is reported, and the others are tabulated all the same.
    """
    from archdsl.cli import ranges as over
    from archdsl.cli.settings import parse
    from archdsl.comparison.scaling import table, to_json
    from archdsl.diagnostics.json import to_json as diagnostic
    from archdsl.survey import family

    located = find(spec)
    if located.is_graph:
        raise Refusal(f"--over: {located.source.name} is a graph, which has no parameters")
    try:
        with working(f"scaling {spec}"):
            steps = list(
                family(
                    located,
                    lambda program, model: over.parse(program, model, ranges),
                    lambda program, model: parse(program, model, settings),
                    chosen(),
                )
            )
    except ValueError as error:
        raise Refusal(f"--over: {error}") from None
    failed = [step for step in steps if step.entry is None]
    family_ = [(step.values, step.entry) for step in steps]
    model = next((step.entry.model for step in steps if step.entry is not None), spec)
    if target is not None and len(failed) < len(steps):
        from archdsl.plots import scaling

        save(target, lambda: scaling.lines(model, family_))
    if target is None or out != STDOUT:
        form = chosen_format(format, out)
        if form == "json":
            found = [
                {"arguments": dict(s.values), "diagnostics": [diagnostic(d) for d in s.diagnostics]} for s in failed
            ]
            show(to_json(model, family_, failed=found), out)
        else:
            notes = [f"{_named(step)}: {step.diagnostics[0].text}" for step in failed if step.diagnostics]
            show_tables(table(model, family_, columns, notes), format=form, out=out)
    report(ctx, [step.diagnostics for step in failed])


def _named(step: Step) -> str:
    return ", ".join(f"{name}={value}" for name, value in step.values)
