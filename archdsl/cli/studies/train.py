"""``archdsl study train``: trains one model with a recipe."""

from __future__ import annotations

from typing import Any

import click

from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.studies.options import Training, conducted, show_results, told, training_options
from archdsl.cli.terminal import show_diagnostics

_EPILOG = """\b
Examples:
  archdsl study train net.arch --data digits --into out/net
  archdsl study train light_cifar --data cifar10 --recipe recipe.toml --into out/light
  archdsl study train light_cifar --data cifar10 --with epochs=50 --into out/light --resume
  archdsl study train net.arch --data photos/ --set classes=3 --into out/photos -o photos.html

DIR/trials/000-SEED/weights.safetensors has the weights, for `compile --weights`."""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of weights, order and chance.")
@training_options()
@set_option
@click.pass_context
def train(
    ctx: click.Context,
    /,
    spec: str,
    seed: int,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
    **options: Any,
) -> None:
    """Train a model on labelled images.

    After each epoch the accuracy on the test images and a checkpoint are written, so that a run that was stopped or
    killed goes on with --resume, to the same result.
    """
    from archdsl.training.plan import Variant

    training = Training(**options)
    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    variant = Variant(architecture.name, architecture.graph, settings)
    failed = conducted("train", (variant,), (seed,), training)
    show_results(training.folder, format, out, None, partial=bool(failed))
    told(ctx, training.folder, failed)
