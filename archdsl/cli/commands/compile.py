"""``archdsl compile``: a spec becomes a Keras model on disk, or the graph that it would be built from."""

from __future__ import annotations

import gc
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from archdsl.atomic import ending
from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT, default_name, write_text, written
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import hushed, show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.api import Architecture

FORMATS = ("keras", "json", "graph")
_EPILOG = """\b
Examples:
  archdsl compile specs/resnet50.arch
  archdsl compile resnet50 --set classes=10 -o out/flowers.keras
  archdsl compile net.arch:Tiny --set depths=[3,4,6,3] --set act=gelu
  archdsl compile net.arch --weights trained.weights.h5 -o net.keras
  archdsl compile resnet50 --to json | jq '.nodes | length'"""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option("-o", "--output", "out", metavar="OUT", help="The file to write; `-` is standard output.")
@click.option("--to", type=click.Choice(FORMATS), help="What to write; otherwise the ending of OUT says it.")
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Start with the weights in FILE, which Keras wrote.",
)
@set_option
def compile(spec: str, out: str | None, to: str | None, weights: str | None, settings: tuple[str, ...]) -> None:
    """Compile a model to Keras.

    Writes the model with its weights initialised, to NAME.keras in the current directory unless OUT says otherwise:
    NAME is what SPEC calls the model, in lower case. `--to json` and `--to graph` write the checked graph instead, to
    standard output unless there is an OUT. Folders of OUT are made. OUT is replaced only when all went well.

    With `--weights`, the model has the weights of a .weights.h5 or .keras file in place of fresh ones. Every weight
    must be in it, in its shape.

    Only the chosen model is checked; `archdsl check` checks the whole file with its `check` lines.
    """
    started = perf_counter()
    form = _form(out, to)
    if weights is not None and form != "keras":
        raise Refusal("--weights is for a Keras model; a graph has none")
    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    if form == "keras":
        target = out or default_name(spec, "keras")
        _save(architecture, Path(target), weights)
    else:
        from archdsl.graph.json import to_json
        from archdsl.graph.text import to_text

        target = out or STDOUT
        if not write_text((to_json if form == "json" else to_text)(architecture.graph), target):
            return
    _tell(architecture, Path(target), perf_counter() - started)


def _form(out: str | None, to: str | None) -> str:
    """What to write, from ``--to`` and the ending of the file, which must not contradict each other for a model."""
    ending = Path(out).suffix.removeprefix(".").lower() if out else ""
    form = to or (ending if ending in FORMATS else None)
    if form is None:
        if out is None:
            return "keras"
        raise Refusal(f"what to write to {out}? end it in .keras, .json or .graph, or give --to")
    if form == "keras" and out is not None and ending != "keras":
        raise Refusal(f"a Keras model goes to a file that ends in .keras, not to {out}")
    return form


def _save(architecture: Architecture, target: Path, weights: str | None) -> None:
    gc.enable()
    with working("loading Keras"), hushed():
        from archdsl.backends.keras.build import build
        from archdsl.backends.keras.weights import WeightsError
    try:
        with working(f"building {architecture.name}"):
            model = build(architecture.graph, weights)
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if weights is None:
            raise
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error
    with working(f"saving {target}"), written(target) as file, ending(file, ".keras") as path:
        model.save(path)


def _tell(architecture: Architecture, target: Path, seconds: float) -> None:
    from archdsl.summary.figures import human

    total = architecture.summary().total
    size = human(target.stat().st_size)
    click.echo(
        f"wrote {target} ({size}B) in {seconds:.1f} s: {architecture.name}, "
        f"{human(total.params)} parameters, {human(total.macs)} MACs"
    )
