"""``archdsl summary``: the structure and cost of a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import click

from archdsl.cli.depth import Depth
from archdsl.cli.foreign import opaque_options
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.tables import (
    FORMATS,
    chosen_format,
    coloured,
    columns_option,
    format_option,
    output_option,
    room,
    show,
)
from archdsl.measures import MEASURES

COLUMNS: Final = ("output", *(measure.key for measure in MEASURES if measure.of_part), "stride")

_EPILOG = """\b
Examples:
  archdsl summary resnet50
  archdsl summary specs/resnet50.arch:ResNet101 --depth 1
  archdsl summary efficientnet_b0 --by stage --columns output,params,field
  archdsl summary vgg16 --batch 32 --dtype mixed
  archdsl summary resnet50 --set size=288 --format json | jq .macs
  archdsl summary resnet50 -o resnet50.html"""


@click.command(epilog=_EPILOG)
@spec_argument
@opaque_options
@click.option(
    "--by",
    type=click.Choice(["tree", "stage", "block", "op"]),
    default="tree",
    show_default=True,
    help="The rows: blocks within blocks, sizes of the map, blocks by their calls, or ops.",
)
@click.option("--depth", type=Depth(), help="How many levels to show, or `all`, as if not given.")
@columns_option(COLUMNS)
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
@format_option(*FORMATS)
@output_option
@set_option
def summary(
    spec: str,
    by: str,
    depth: int | Literal["all"] | None,
    columns: tuple[str, ...] | None,
    batch: int,
    dtype: str,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
) -> None:
    """Show what a model consists of and costs.

    A row for each block and op with its output, weights, multiply-adds, memory and receptive field; what repeats has
    one row. Below are the totals, the peak of memory in inference and in training, and the share of each kind of op.
    Keras is not needed: the figures are computed from the spec. docs/measures.md says what each one counts.
    """
    from archdsl.summary import render, to_json
    from archdsl.summary.views import VIEWS

    form = chosen_format(format, out)
    levels = None if depth == "all" else depth
    found = open_model(spec, settings).summary(batch=batch, dtype=dtype)  # type: ignore[arg-type]  # a choice
    view = replace(found, root=VIEWS[by](found.root))
    if form == "json":
        show(to_json(view, depth=levels), out)
    else:
        text = render(view, form, depth=levels, columns=columns, room=room(out), colour=coloured(out))  # type: ignore[arg-type]  # click's choice
        show(text, out)
