"""``archdsl compile``: exports a model, or its graph, to files."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT, default_name, tell
from archdsl.cli.published import local
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.targets import (
    TARGETS,
    Options,
    Target,
    chosen,
    prepared,
    refuse_needless,
    refuse_unlike_weights,
)
from archdsl.cli.targets.fastest import PLACES, refuse_beside_place, write_fastest
from archdsl.cli.targets.rewriting import rewriting
from archdsl.cli.terminal import show_diagnostics

if TYPE_CHECKING:
    from archdsl.architecture import Architecture

_EPILOG = """\b
Examples:
  archdsl compile specs/resnet50.arch
  archdsl compile resnet50 --set classes=10 -o out/flowers.keras
  archdsl compile net.arch:Tiny --set depths=[3,4,6,3] --set act=gelu
  archdsl compile net.arch -o net.keras -o net.safetensors
  archdsl compile net.arch --weights trained.safetensors -o net.keras
  archdsl compile net.arch --weights before_the_edit.keras --partial
  archdsl compile resnet50 --weights imagenet -o resnet50.onnx
  archdsl compile resnet50 --to torch -o resnet50.py
  archdsl compile resnet50 --to python -o resnet50.py
  archdsl compile resnet50 --to onnx --weights trained.safetensors
  archdsl compile net.arch -o net.onnx --seed 7 --inline
  archdsl compile resnet50 --to savedmodel -o models/resnet50/1
  archdsl compile resnet50 -o resnet50.tflite -o resnet50.savedmodel
  archdsl compile resnet50 --to openvino
  archdsl compile repvgg_a0 --weights trained.safetensors --optimise -o repvgg_a0.onnx
  archdsl compile mobilenet_v2 --weights trained.safetensors --for cpu -o out/mobilenet
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
@click.option("--to", type=click.Choice(list(TARGETS)), help="What to write; otherwise the ending of OUT says it.")
@click.option(
    "--weights",
    metavar="FILE",
    help="Start with the weights in FILE, matched by their names; or with published ones: imagenet, torchvision, timm "
    "or keras.",
)
@click.option("--partial", is_flag=True, help="Take those of --weights that fit, and list the others.")
@click.option("--by-order", is_flag=True, help="Match layers of --weights by class and order; names are not compared.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Which fresh weights the model has.")
@click.option("--inline", is_flag=True, help="ONNX: one flat graph, in place of a function for each block.")
@click.option(
    "--names",
    metavar="SOURCE",
    help="Call modules of --to torch as in the model of timm or torchvision, whose weights then load as they are.",
)
@click.option("--optimise", is_flag=True, help="Rewrite the model so that inference takes less work.")
@click.option(
    "--for",
    "place",
    type=click.Choice(PLACES),
    help="Try forms and runtimes on this machine's processor, and write what is fastest.",
)
@set_option
def compile(
    spec: str,
    outs: tuple[str, ...],
    to: str | None,
    weights: str | None,
    partial: bool,
    by_order: bool,
    seed: int | None,
    inline: bool,
    names: str | None,
    optimise: bool,
    place: str | None,
    settings: tuple[str, ...],
) -> None:
    """Compile a model to Keras, to PyTorch or Keras code, to ONNX or to what servers and devices run.

    Writes the model with its weights initialised, to NAME.keras in the current directory unless OUT says otherwise:
    NAME is what SPEC calls the model, in lower case. An OUT that ends in .safetensors or .weights.h5 has the weights
    alone, each under its path and name. `--to torch` writes a file of PyTorch that defines the model, with --weights
    its weights beside it, and with --names under those of a published model. `--to python` writes one of Keras, whose
    function `load_weights` takes files of weights. `--to json` and `--to graph` write the
    checked graph. These go to standard output unless there is an OUT. Folders of OUT are made. OUT is replaced only
    when all went well.

    An OUT that ends in .onnx is written without Keras, and so is one that ends in .xml, OpenVINO's, whose weights go to
    a .bin beside it. Inputs and outputs have the spec's shapes, with the batch before them. `--to savedmodel` writes a
    folder that TensorFlow Serving takes, and `--to litert` a .tflite, which takes one image at a time. With `--seed`,
    fresh weights are the same each time; those of ONNX and OpenVINO always are.

    With `--weights`, the model has the weights of a .safetensors, .keras or .weights.h5 file in place of fresh ones.
    Every array of the file must be one of the model, by path, name and shape, and every one of the model in the file;
    otherwise all that do not fit are listed. With `--partial` those that do not fit are initialised. With `--by-order`
    the names may be others, as long as there are as many layers of each class with arrays of the same shapes. FILE may
    also be a checkpoint that is published for a bundled model, .safetensors, .pth or .h5, whose names a table
    translates (`archdsl weights list`), or the name of one, `imagenet`, `timm`, `torchvision:IMAGENET1K_V1`, which is
    fetched if it is not in the cache of the library that publishes it.

    `--optimise` is for inference alone: norms and scales are folded into the layers beside them, branches that are
    added up become one convolution, tokens that nothing needs are not computed. Outputs stay the same up to rounding;
    layers and weights do not (`docs/bench.md`).

    `--for cpu` writes the form that is fastest on this machine, of those that give the same answers: rewritten as
    `--optimise` does or not, for OpenVINO, ONNX Runtime, LiteRT and Keras, whichever are installed. An OUT without an
    ending gets that of the form; one with an ending says which form. What was tried is shown.

    Only the chosen model is checked; `archdsl check` checks the whole file with its `check` lines.
    """
    started = perf_counter()
    options = Options(weights, partial, by_order, seed, inline, names)
    if place is not None:
        refuse_beside_place(outs, to, optimise, options)
    outputs = _outputs(spec, outs, to) if place is None else ()
    targets = [target for _, target in outputs]
    if weights is None and (partial or by_order):
        raise Refusal(f"{'--partial' if partial else '--by-order'} is about a file of --weights")
    if partial and by_order:
        raise Refusal("--partial is for weights by name: by order, all must fit")
    if seed is not None and weights is not None and not partial:
        raise Refusal("--seed is for fresh weights: all are those of --weights")
    if optimise and by_order:
        raise Refusal("--optimise computes with weights by their names, which --by-order does not look at")
    refuse_needless(targets, options)
    if weights is None and not optimise:
        refuse_unlike_weights(targets)
    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    if weights is not None:
        found = local(architecture.graph, weights)
        inputs.add({Path(found)})
        options = options._replace(weights=found)
    if place is not None:
        out = outs[0] if outs else default_name(spec, "").removesuffix(".")
        best, file, said = write_fastest(architecture, out, options)
        _tell(best, file, perf_counter() - started, said)
        return
    with rewriting(architecture, options) if optimise else nullcontext((architecture, options)) as (made, using):
        writers = prepared(made, targets, using)
        for out, target in outputs:
            more = writers[target.name](target, out)
            if more is not None:
                _tell(made, Path(out), perf_counter() - started, more)


def _outputs(spec: str, outs: tuple[str, ...], to: str | None) -> tuple[tuple[str, Target], ...]:
    """The output files, each with its target."""
    if not outs:
        target = TARGETS[to or "keras"]
        return ((STDOUT if target.is_text else default_name(spec, target.ending[1:]), target),)
    if to is not None and len(outs) > 1:
        raise Refusal("--to is for one OUT; of several, the ending says what each is")
    return tuple((out, chosen(out, to)) for out in outs)


def _tell(architecture: Architecture, out: Path, seconds: float, more: str) -> None:
    from archdsl.passes.cost import cost
    from archdsl.summary.figures import human

    total = cost(architecture.graph)
    size = human(sum(file.stat().st_size for file in out.rglob("*")) if out.is_dir() else out.stat().st_size)
    figures = f"{human(total.params)} parameters, {human(total.macs)} MACs"
    tell(out, f" ({size}B) in {seconds:.1f} s: {architecture.name}, {figures}{f'; {more}' if more else ''}")
