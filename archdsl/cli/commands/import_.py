"""``archdsl import``: models of other programs as specs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archdsl.cli import inputs
from archdsl.cli.exits import SPEC_ERRORS, Refusal
from archdsl.cli.foreign import Unread, chosen, opaque_options, size
from archdsl.cli.output import STDOUT, tell, write_text, written
from archdsl.intake import is_foreign

if TYPE_CHECKING:
    from archdsl.intake.imported import Imported
    from archdsl.weights import Array

_EPILOG = """\b
Examples:
  archdsl import model.keras
  archdsl import model.keras -o net.arch --weights net.safetensors
  archdsl import model.keras -o net.arch --flat
  archdsl import model.keras -o net.arch --std off
  archdsl import model.onnx -o net.arch --weights net.safetensors
  archdsl import model.onnx -o net.arch --opaque
  archdsl import torchvision.models:resnet50 -o net.arch
  archdsl import mine.nets:SmallNet --input 3,32,32 -o net.arch --weights net.safetensors"""


class _NotImported(Unread):
    """The file was found, and is to blame."""

    exit_code = SPEC_ERRORS


@click.command("import", epilog=_EPILOG)
@click.argument("model", metavar="MODEL", type=click.Path(dir_okay=False))
@click.option("-o", "--output", "out", metavar="FILE", default=STDOUT, help="The spec to write; else it is printed.")
@click.option(
    "--weights",
    "weights",
    metavar="FILE",
    help="A file that ends in .safetensors, for the weights by the spec's names.",
)
@click.option(
    "--input",
    "sizes",
    metavar="SIZE",
    multiple=True,
    help="The size of an input of a PyTorch module, without the batch; 3,224,224 if none is given.",
)
@click.option("--flat", is_flag=True, help="Write one step after the other, without blocks and loops.")
@click.option(
    "--std",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="Whether blocks of the library are called where they fit.",
)
@opaque_options
def import_(
    model: str,
    out: str,
    weights: str | None,
    sizes: tuple[str, ...],
    flat: bool,
    std: str,
) -> None:
    """Turn a model into a spec.

    MODEL is a .keras file of a functional or sequential model, or a file of ONNX. It is read as data, and nothing in it
    is executed; what an ONNX file answers is compared by ONNX Runtime, if that is installed. MODULE:NAME is a model of
    Python instead, of PyTorch or Keras, or a function or class that gives one: its code is run.
    Blocks, loops and tables are found in it, and blocks of the library where they fit. What is written is elaborated
    again and compared with what was read, node for node: where the two are not the same, or a layer has no counterpart
    in the language, no file is written, and all such layers are listed. With --opaque these become steps that have
    their names, shapes and weights; such a spec can be checked, drawn, compared and summed up, and not compiled.
    """
    from archdsl.intake.errors import Unreadable
    from archdsl.intake.files import import_file
    from archdsl.intake.live import import_live
    from archdsl.intake.style import Style

    if weights is not None and not weights.lower().endswith(".safetensors"):
        raise Refusal(f"weights go to a file that ends in .safetensors, not to {weights}")
    if weights is not None and out != STDOUT and Path(weights) == Path(out):
        raise Refusal(f"the spec and its weights cannot both be {out}")
    is_live = ":" in model and not is_foreign(model)
    if sizes and not is_live:
        raise Refusal("--input is for modules of PyTorch, as MODULE:NAME; a file knows the sizes of its inputs")
    inputs.add({Path(model)})
    style = Style(flat=flat, std=std == "on")
    try:
        if is_live:
            found = import_live(model, _sizes(sizes), style=style, opaque=chosen())
        else:
            found = import_file(model, style=style, opaque=chosen())
    except Unreadable as error:
        raise _NotImported(error) from None
    except ImportError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {model}: {(error.strerror or str(error)).lower()}") from error
    if weights is not None and is_live and found.arrays is None:
        raise Refusal("weights of a model of Keras come from a file: save it as .keras first")
    if weights is not None:
        count = _write_weights(found, model, Path(weights))
    if write_text(found.text, out):
        tell(out, f": {len(found.graph)} nodes, the same as in {Path(model).name}")
    if weights is not None and out != STDOUT:
        tell(weights, f": {count} arrays")


def _sizes(given: tuple[str, ...]) -> list[list[int]]:
    """The sizes of inputs, those of an image of ImageNet if none are given."""
    return [size(each, "--input") for each in given or ("3,224,224",)]


def _write_weights(found: Imported, model: str, target: Path) -> int:
    """Writes the weights by the spec's names; how many arrays there are."""
    from archdsl.backends.keras.files import opened
    from archdsl.intake.weights import carried
    from archdsl.weights import WeightsError, safetensors

    metadata = safetensors.metadata(found.graph) | {"source": Path(model).name}

    def write(arrays: Mapping[str, Array]) -> int:
        with written(target) as path:
            safetensors.write(path, {key: array.read() for key, array in arrays.items()}, metadata)
        return len(arrays)

    if found.arrays is not None:
        return write(found.arrays)
    try:
        with opened(model) as source:
            return write(carried(found, source))
    except WeightsError as error:
        raise Refusal(str(error)) from error
