"""``archdsl weights``: published checkpoints as weights of bundled models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.cli.output import tell, written
from archdsl.cli.specs import open_model, set_option, spec_argument

if TYPE_CHECKING:
    from archdsl.weights import Weights

_EPILOG = """\b
Examples:
  archdsl weights list
  archdsl weights convert resnet50 resnet50-11ad3fa6.pth -o resnet50.safetensors
  archdsl weights convert vit_b16 model.safetensors -o vit_b16.safetensors
  archdsl compile resnet50 --weights resnet50.safetensors"""


@click.group(epilog=_EPILOG)
def weights() -> None:
    """Take over the weights that others publish."""


@weights.command("list")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(format_: str) -> None:
    """List the families of bundled models and whose names of arrays are known for them."""
    from archdsl.weights.published import sources

    families: dict[str, list[str]] = {}
    for family, source in sources():
        families.setdefault(family, []).append(source)
    if format_ == "json":
        import json

        found = [{"family": family, "sources": names} for family, names in families.items()]
        click.echo(json.dumps({"schema": "archdsl-weights-list", "version": 1, "families": found}, indent=2))
        return
    width = max(map(len, families))
    for family, names in families.items():
        click.echo(f"{family:{width}}  {', '.join(names)}")


@weights.command("convert", epilog=_EPILOG)
@spec_argument
@click.argument("file", type=click.Path(dir_okay=False), metavar="FILE")
@click.option("-o", "--output", "out", metavar="OUT", required=True, help="The file to write: OUT.safetensors.")
@set_option
def convert(spec: str, file: str, out: str, settings: tuple[str, ...]) -> None:
    """Write a published checkpoint as the weights of a model.

    FILE is a state dict of PyTorch, .safetensors, or .pth, .pt or .bin, which PyTorch must be installed to read; or the
    weights of a model of keras.applications, .h5. A table of names says which of its arrays, or which part of one, each
    array of the model is; it is found by the names in the file. Every number must have one place and every place a
    number, or nothing is written. Counts of batches and other integers, which the model has no use for, are left aside.
    """
    from archdsl.graph.fingerprint import fingerprint
    from archdsl.version import __version__
    from archdsl.weights import safetensors
    from archdsl.weights.published import convert

    if not out.lower().endswith(".safetensors"):
        raise Refusal(f"weights go to a file that ends in .safetensors, not to {out}")
    inputs.add({Path(file)})
    graph = open_model(spec, settings).graph
    with _opened(file) as found:
        converted = convert(graph, found)
        family, source = converted.names
        metadata = {
            "schema": safetensors.SCHEMA,
            "version": safetensors.VERSION,
            "model": graph.name,
            "graph": fingerprint(graph),
            "archdsl": __version__,
            "source": Path(file).name,
            "source_sha256": _digest(Path(file)),
            "source_names": f"{source} of {family}",
        }
        with written(Path(out)) as path:
            safetensors.write(path, {key: array.read() for key, array in converted.arrays.items()}, metadata)
    count = sum(array.size for array in converted.arrays.values())
    integers = len(converted.left)
    left = f"; left aside: {integers} array{'s' * (integers != 1)} of integers" if integers else ""
    tell(out, f": {len(converted.arrays)} arrays, {count:_} numbers, by the names of {source}{left}")


def _digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(file: str) -> Iterator[Weights]:
    """The arrays of a file. What is wrong with it is told as wrong usage."""
    from archdsl.backends.keras.files import opened
    from archdsl.weights import WeightsError

    try:
        with opened(file) as found:
            yield found
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
