"""``archdsl summary``: what a model consists of and costs."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from archdsl.cli.output import STDOUT, write_text
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import colour

if TYPE_CHECKING:
    from archdsl.summary import Summary

_COLUMNS = ("output", "params", "trainable", "macs", "memory", "field", "stride")

_EPILOG = """\b
Examples:
  archdsl summary resnet50
  archdsl summary specs/resnet50.arch:ResNet101 --depth 1
  archdsl summary efficientnet_b0 --by stage --columns output,params,field
  archdsl summary vgg16 --batch 32 --dtype mixed
  archdsl summary resnet50 --set size=288 --format json | jq .macs
  archdsl summary resnet50 --format html -o resnet50.html"""


class _Columns(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Names of columns with commas between."""

    name = "columns"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        from archdsl.diagnostics.suggest import did_you_mean

        names = tuple(value.split(","))
        for name in names:
            if name not in _COLUMNS:
                help = did_you_mean(name, _COLUMNS) or (f"there are {', '.join(_COLUMNS)}",)
                self.fail(f"no column is called {name!r}; {help[0]}", param, ctx)
        return names


@click.command(epilog=_EPILOG)
@spec_argument
@click.option(
    "--by",
    type=click.Choice(["tree", "stage", "block", "op"]),
    default="tree",
    show_default=True,
    help="The rows: blocks within blocks, sizes of the map, blocks by their calls, or ops.",
)
@click.option("--depth", type=click.IntRange(min=1), help="How many levels to show; all of them if not given.")
@click.option("--columns", type=_Columns(), metavar="NAME,…", help=f"Which columns: {', '.join(_COLUMNS)}.")
@click.option(
    "--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Examples in a batch, for peak memory."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16", "bfloat16", "mixed"]),
    default="float32",
    show_default=True,
    help="What numbers are kept in, for memory; mixed has weights in float32.",
)
@click.option(
    "--format", type=click.Choice(["text", "json", "csv", "markdown", "html"]), default="text", show_default=True
)
@click.option(
    "-o", "--output", "out", default=STDOUT, metavar="FILE", help="Where to write; standard output if not given."
)
@set_option
def summary(
    spec: str,
    by: str,
    depth: int | None,
    columns: tuple[str, ...] | None,
    batch: int,
    dtype: str,
    format: str,
    out: str,
    settings: tuple[str, ...],
) -> None:
    """Show what a model consists of and costs.

    A row for each block and op with its output, weights, multiply-adds, memory and receptive field; what repeats has
    one row. Below are the totals, the peak of memory in inference and in training, and the share of each kind of op.
    Keras is not needed: the figures are computed from the spec. docs/measures.md says what each one counts.
    """
    from archdsl.summary import summarise
    from archdsl.summary.views import VIEWS

    found = summarise(open_model(spec, settings).graph, batch=batch, dtype=dtype)  # type: ignore[arg-type]  # a choice
    view = replace(found, root=VIEWS[by](found.root))
    text = _written(view, format, depth, columns, to_screen=out == STDOUT)
    if write_text(text, out):
        click.echo(f"wrote {out}")


def _written(
    found: Summary, format: str, depth: int | None, columns: tuple[str, ...] | None, *, to_screen: bool
) -> str:
    """In the format that was asked for, whose module alone is loaded."""
    if format == "json":
        from archdsl.summary.json import to_json

        return to_json(found, depth=depth)
    if format == "csv":
        from archdsl.summary.csv import to_csv

        return to_csv(found, depth=depth, columns=columns)
    if format == "markdown":
        from archdsl.summary.markdown import to_markdown

        return to_markdown(found, depth=depth, columns=columns)
    if format == "html":
        from archdsl.summary.html import to_html

        return to_html(found, depth=depth, columns=columns)
    from archdsl.summary.text import to_text

    room = shutil.get_terminal_size().columns if to_screen and sys.stdout.isatty() else None
    return to_text(found, depth=depth, columns=columns, room=room, colour=to_screen and colour())
