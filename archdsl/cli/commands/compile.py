"""``archdsl compile``: a spec becomes a Keras model on disk, or the graph that it would be built from."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from archdsl.atomic import ending
from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT, default_name, tell, write_text, written
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.terminal import hushed, show_diagnostics, working

if TYPE_CHECKING:
    import keras

    from archdsl.api import Architecture

FORMATS = ("keras", "safetensors", "weights.h5", "json", "graph")
_GRAPHS = ("json", "graph")
"""Forms that are written without making a model."""
_EPILOG = """\b
Examples:
  archdsl compile specs/resnet50.arch
  archdsl compile resnet50 --set classes=10 -o out/flowers.keras
  archdsl compile net.arch:Tiny --set depths=[3,4,6,3] --set act=gelu
  archdsl compile net.arch -o net.keras -o net.safetensors
  archdsl compile net.arch --weights trained.safetensors -o net.keras
  archdsl compile net.arch --weights before_the_edit.keras --partial
  archdsl compile resnet50 --to json | jq '.nodes | length'"""


@click.command(epilog=_EPILOG)
@spec_argument
@click.option(
    "-o",
    "--output",
    "outs",
    metavar="OUT",
    multiple=True,
    help="The file to write, more than once for several of one model; `-` is standard output.",
)
@click.option("--to", type=click.Choice(FORMATS), help="What to write; otherwise the ending of OUT says it.")
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Start with the weights in FILE, matched by their names.",
)
@click.option("--partial", is_flag=True, help="Take those of --weights that fit, and list the others.")
@click.option("--by-order", is_flag=True, help="Match layers of --weights by class and order; names are not compared.")
@set_option
def compile(
    spec: str,
    outs: tuple[str, ...],
    to: str | None,
    weights: str | None,
    partial: bool,
    by_order: bool,
    settings: tuple[str, ...],
) -> None:
    """Compile a model to Keras.

    Writes the model with its weights initialised, to NAME.keras in the current directory unless OUT says otherwise:
    NAME is what SPEC calls the model, in lower case. An OUT that ends in .safetensors or .weights.h5 has the weights
    alone, each under its path and name. `--to json` and `--to graph` write the checked graph instead, to standard
    output unless there is an OUT. Folders of OUT are made. OUT is replaced only when all went well.

    With `--weights`, the model has the weights of a .safetensors, .keras or .weights.h5 file in place of fresh ones.
    Every array of the file must be one of the model, by path, name and shape, and every one of the model in the file;
    otherwise all that do not fit are listed. With `--partial` those that do not fit are initialised. With `--by-order`
    the names may be others, as long as there are as many layers of each class with arrays of the same shapes.

    Only the chosen model is checked; `archdsl check` checks the whole file with its `check` lines.
    """
    started = perf_counter()
    targets = _targets(spec, outs, to)
    if weights is None and (partial or by_order):
        raise Refusal(f"{'--partial' if partial else '--by-order'} is about a file of --weights")
    if partial and by_order:
        raise Refusal("--partial is for weights by name: by order, all must fit")
    if weights is not None and any(form in _GRAPHS for _, form in targets):
        raise Refusal("--weights is for a Keras model; a graph has none")
    if weights is not None:
        inputs.add({Path(weights)})
    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    if any(form not in _GRAPHS for _, form in targets):
        model = _built(architecture, weights, partial, by_order)
    for target, form in targets:
        if form in _GRAPHS:
            from archdsl.graph.json import to_json
            from archdsl.graph.text import to_text

            if not write_text((to_json if form == "json" else to_text)(architecture.graph), target):
                return
        else:
            _save(architecture, model, Path(target), form)
        loads = f"; {_loads(model)}" if form == "keras" else ""
        _tell(architecture, Path(target), perf_counter() - started, loads)


def _targets(spec: str, outs: tuple[str, ...], to: str | None) -> tuple[tuple[str, str], ...]:
    """The files to write, each with its form."""
    if not outs:
        form = to or "keras"
        return ((STDOUT if form in _GRAPHS else default_name(spec, form), form),)
    if to is not None and len(outs) > 1:
        raise Refusal("--to is for one OUT; of several, the ending says what each is")
    return tuple((out, _form(out, to)) for out in outs)


def _form(out: str, to: str | None) -> str:
    """What to write, from ``--to`` and the ending of the file, which must not contradict each other for a model."""
    ending = next((form for form in FORMATS if out.lower().endswith(f".{form}")), None)
    form = to or ending
    if form is None:
        *others, last = (f".{form}" for form in FORMATS)
        raise Refusal(f"what to write to {out}? end it in {', '.join(others)} or {last}, or give --to")
    if form not in _GRAPHS and form != ending:
        what = "a Keras model goes" if form == "keras" else "weights go"
        raise Refusal(f"{what} to a file that ends in .{form}, not to {out}")
    return form


def _built(architecture: Architecture, weights: str | None, partial: bool, by_order: bool) -> keras.Model:
    """The model; what of ``weights`` does not fit is listed."""
    from archdsl.weights import PartialWeights, WeightsError, report

    gc.enable()
    try:
        if weights is not None and not by_order:
            found = architecture.match_weights(weights)  # before Keras is loaded
            if not found and not partial:
                raise Refusal(f"{found}\n{_PARTIAL}{_BY_ORDER if found.has_order else ''}")
            if not found:
                click.echo(report(found, partial=True))
        with working("loading Keras"), hushed():
            from archdsl.backends.keras.build import build as build
        with working(f"building {architecture.name}"), warnings.catch_warnings():
            warnings.simplefilter("ignore", PartialWeights)
            return architecture.build(weights, partial=partial, by_order=by_order)
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if weights is None:
            raise
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error


_PARTIAL = "`--partial` takes what fits"
_BY_ORDER = "; `--by-order` matches layers by class and order, whatever they are called"


def _save(architecture: Architecture, model: keras.Model, target: Path, form: str) -> None:
    with working(f"saving {target}"), written(target) as file:
        if form == "keras":
            with ending(file, ".keras") as path:
                model.save(path)
        else:
            from archdsl.backends.keras.weights import write

            write(architecture.graph, model, file, f".{form}")


def _loads(model: keras.Model) -> str:
    """What a program must import before it loads the file of a model."""
    from archdsl.layers import needed

    own = needed(model)
    return f"needs `import archdsl.layers` to load: {', '.join(own)}" if own else "loads with Keras alone"


def _tell(architecture: Architecture, target: Path, seconds: float, loads: str) -> None:
    from archdsl.summary.figures import human

    total = architecture.summary().total
    size = human(target.stat().st_size)
    figures = f"{human(total.params)} parameters, {human(total.macs)} MACs{loads}"
    tell(target, f" ({size}B) in {seconds:.1f} s: {architecture.name}, {figures}")
