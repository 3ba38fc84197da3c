"""``archdsl study``: experiments on models with Keras."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT
from archdsl.cli.plotting import plot_option, save
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.studies.ablate import ablate
from archdsl.cli.studies.search import search
from archdsl.cli.studies.show import show as show_study
from archdsl.cli.studies.train import train
from archdsl.cli.tables import FORMATS, chosen_format, format_option, output_option, show, show_tables
from archdsl.cli.terminal import hushed, show_diagnostics, working

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.graph.model import Graph
    from archdsl.study.gradient_flow import GradientFlow

_EPILOG = """\b
Examples:
  archdsl study gradient-flow resnet50 --set size=64
  archdsl study gradient-flow resnet152 --set size=64 --plot flow.svg
  archdsl study gradient-flow net.arch --by layer -o flow.csv
  archdsl study gradient-flow vgg16 --with-skips-only --batch 2"""


_GROUP_EPILOG = """\b
Examples:
  archdsl study train net.arch --data digits --into out/net
  archdsl study ablate specs/ablation.arch --data cifar10 --into out/ablation
  archdsl study search net.arch --over "width=8..64 step 8" --max-macs 40M --dry-run
  archdsl study show out/ablation -o report.html
  archdsl study gradient-flow resnet50 --set size=64"""


@click.group(epilog=_GROUP_EPILOG)
def study() -> None:
    """Run an experiment on a model: train it, compare variants, or watch its gradients. It is built with Keras."""


for command in (train, ablate, search, show_study):
    study.add_command(command)


@study.command("gradient-flow", epilog=_EPILOG)
@spec_argument
@click.option(
    "--without-skips/--with-skips-only",
    "compare",
    default=None,
    help="Measure the model without its skip connections too, or not. It is if there are any, unless told otherwise.",
)
@click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Images in the batch.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of weights, images and classes."
)
@click.option("--by", type=click.Choice(["stage", "layer"]), default="stage", show_default=True, help="A row for each.")
@format_option(*FORMATS)
@output_option
@plot_option("the norms over the depth")
@set_option
def gradient_flow(
    spec: str,
    compare: bool | None,
    batch: int,
    seed: int,
    by: str,
    format: str | None,
    out: str,
    target: Path | None,
    settings: tuple[str, ...],
) -> None:
    """Measure how gradients pass through a model before training, with its skip connections and without.

    One batch of normal noise and random classes goes through the model that Keras builds, and the gradient of the
    cross-entropy comes back. The table has its norm at the output of each layer with weights (signal), and that for
    its weights. Without skips, every `add` of a shortcut to the layers that it goes round keeps only these; weights
    and images are the same. A small `--set size=…` makes it quick.
    """
    from archdsl.study.gradient_flow import table, to_json

    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    found = _measured(architecture.graph, compare, batch, seed)
    if target is not None:
        from archdsl.plots.gradients import curves

        save(target, lambda: curves(found))
    if target is None or out != STDOUT:
        form = chosen_format(format, out)
        if form == "json":
            show(to_json(found), out)
        else:
            show_tables(table(found, by), format=form, out=out)


def _measured(graph: Graph, compare: bool | None, batch: int, seed: int) -> GradientFlow:
    from archdsl.passes.skips import NoSkips, skips

    has_skips = bool(skips(graph)) if compare is not False else False
    if compare and not has_skips:
        raise Refusal(str(NoSkips(graph)))
    gc.enable()
    with working("loading Keras"), hushed():
        from archdsl.backends.keras.gradients import NotMeasurable, gradient_flow
    try:
        with working(f"measuring {graph.name}"), hushed():
            return gradient_flow(graph, compare=has_skips, batch=batch, seed=seed)
    except NotMeasurable as error:
        raise Refusal(str(error)) from None
