"""``archdsl predict``: classifies photographs with a model and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from archdsl.cli import inputs
from archdsl.cli.exits import Refusal
from archdsl.cli.published import fetched, named
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.cli.tables import chosen_format, format_option, output_option, show, show_tables
from archdsl.cli.terminal import hushed, show_diagnostics, working

if TYPE_CHECKING:
    from archdsl.graph.model import Graph
    from archdsl.prediction import Guess
    from archdsl.tabular import Table
    from archdsl.weights.preprocessing import Preprocessing

_EPILOG = """\b
Examples:
  archdsl predict efficientnet_lite0 --weights lite0.safetensors coffee.png
  archdsl predict resnet50 --weights imagenet photos/*.jpg --with onnx
  archdsl predict net.arch --weights net.safetensors cat.jpg --mean 0.5,0.5,0.5 --std 0.5,0.5,0.5 --names classes.txt
  archdsl predict resnet50 --weights imagenet cat.jpg --format json | jq '.images[0].classes[0].index'"""
_RUNTIMES: Final = ("keras", "torch", "onnx", "openvino", "litert")


class Numbers(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Comma-separated numbers."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"`{value}` is no list of numbers, as 0.485,0.456,0.406 is", param, ctx)


@click.command(epilog=_EPILOG)
@spec_argument
@click.argument("images", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="IMAGE…")
@click.option("--weights", required=True, metavar="FILE", help="The weights: a file, or published ones by name.")
@click.option(
    "--with", "runtime", type=click.Choice(_RUNTIMES), default="keras", show_default=True, help="What runs the model."
)
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many classes of each image.")
@click.option("--names", type=click.Path(dir_okay=False), metavar="FILE", help="Names of the classes, a line each.")
@click.option("--resize", type=click.IntRange(min=1), metavar="N", help="Pixels of the shorter side before the crop.")
@click.option(
    "--interpolation", type=click.Choice(["nearest", "bilinear", "bicubic", "lanczos"]), help="How it is resized."
)
@click.option("--range", "range_", type=Numbers(), metavar="LOW,HIGH", help="What 0 and 255 become, before the mean.")
@click.option("--mean", type=Numbers(), metavar="R,G,B", help="Taken from each channel.")
@click.option("--std", type=Numbers(), metavar="R,G,B", help="What each channel is divided by then.")
@click.option("--channels", type=click.Choice(["rgb", "bgr"]), help="The order that the model takes.")
@format_option("text", "json", "csv", "markdown", "html")
@output_option
@set_option
def predict(
    spec: str,
    images: tuple[str, ...],
    weights: str,
    runtime: str,
    top: int,
    names: str | None,
    format: str | None,
    out: str,
    settings: tuple[str, ...],
    **how: Any,
) -> None:
    """Classify photographs: the classes with the highest scores.

    SPEC is a classifier, whose weights are in FILE or are published. How a photograph becomes the numbers that the
    model takes is read from the certificate beside FILE, which `archdsl weights convert` writes, or is known of
    published weights; options say it otherwise, or change a part of it. The shorter side is resized, the middle is cut
    out in the size that the model takes, and each channel is scaled.

    Classes have the names of FILE in `--names`; a thousand classes are those of ImageNet.
    """
    form = chosen_format(format, out)
    architecture = open_model(spec, settings)
    show_diagnostics(architecture.diagnostics, err=True)
    graph = architecture.graph
    given = {key.rstrip("_"): value for key, value in how.items() if value is not None}
    which = named(graph, weights)
    stated = which.preprocessing if which is not None else _certified(weights)
    prepared = _preprocessing(graph, stated, given, weights)
    file = weights if which is None else fetched(which)
    inputs.add({Path(file), *map(Path, images)})
    photos = [_read(image, prepared) for image in images]
    classes = _classes(graph, names)
    guesses = _guesses(graph, file, photos, runtime, top)
    if form == "json":
        show(_document(graph.name, images, guesses, classes), out)
    else:
        show_tables(_table(images, guesses, classes), format=form, out=out)


def _certified(weights: str) -> Preprocessing | None:
    """The contents of a file's certificate."""
    from archdsl.weights import WeightsError, certificate

    try:
        found = certificate.of(Path(weights))
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error
    return found.preprocessing if found is not None else None


def _preprocessing(graph: Graph, stated: Preprocessing | None, given: Mapping[str, Any], weights: str) -> Preprocessing:
    """The stated preprocessing, overridden by options, with the model's own input size."""
    from pydantic import ValidationError

    from archdsl.prediction import NotClassifier, output_of
    from archdsl.weights.preprocessing import Preprocessing

    try:
        output_of(graph)
    except NotClassifier as error:
        raise Refusal(str(error)) from error
    *shape, channels = graph.inputs[0].shape
    sizes = [size for size in shape if isinstance(size, int)]
    if len(sizes) < len(shape):
        raise Refusal(f"the size of the input of {graph.name} is left open: write numbers into its signature")
    if stated is None and not {"mean", "std"} <= given.keys():
        raise Refusal(f"no certificate beside {weights} says what its images are like: give --mean and --std")
    facts: dict[str, Any] = {"resize": round(min(sizes) * 256 / 224), "interpolation": "bilinear"}
    if stated is not None:
        facts = (
            stated if (sizes[0], sizes[1]) == stated.size else stated.cropped_to((sizes[0], sizes[1]))
        ).model_dump()
    facts |= {**given, "size": sizes}
    for option in ("mean", "std"):
        if len(facts[option]) != channels:
            raise Refusal(
                f"--{option} has {len(facts[option])} numbers, and the input of {graph.name} {channels} channels"
            )
    try:
        return Preprocessing(**facts)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(f"--{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from error


def _read(image: str, how: Preprocessing) -> Any:
    from archdsl.prediction import NotPhoto, read

    try:
        return read(Path(image), how)
    except NotPhoto as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {image}: {(error.strerror or str(error)).lower()}") from error


def _classes(graph: Graph, names: str | None) -> tuple[str, ...] | None:
    """The names of the classes; ``None`` if they are not known."""
    from archdsl.prediction import imagenet, output_of
    from archdsl.prediction.classes import listed

    (count,) = output_of(graph).shape
    if names is None:
        return imagenet() if count == len(imagenet()) else None
    try:
        found = listed(Path(names).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"cannot read {names}: {getattr(error, 'strerror', None) or error}".lower()) from error
    if len(found) != count:
        raise Refusal(f"{names} has {len(found)} names, and {graph.name} {count} classes")
    return found


def _guesses(graph: Graph, file: str, photos: Sequence[Any], runtime: str, top: int) -> list[tuple[Guess, ...]]:
    from archdsl.fitted import fitted
    from archdsl.runtimes import RUNTIMES
    from archdsl.weights import WeightsError

    which = RUNTIMES[runtime]
    if which.missing:
        raise Refusal(f"--with {runtime} takes {', '.join(which.missing)}: `pip install {which.install}`")
    try:
        with fitted(graph, file) as arrays:
            weights = {key: array.read() for key, array in arrays.items()}
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error
    with working(f"running {graph.name} on {which.title}"), hushed():
        from archdsl.prediction import predict

        return predict(graph, weights, photos, which, top)


def _table(images: Sequence[str], guesses: Sequence[Sequence[Guess]], classes: Sequence[str] | None) -> Table:
    from archdsl.tabular.model import Cell, Column, Row, Table

    columns = (
        Column("image", "image", "words"),
        Column("index", "class"),
        Column("name", "name", "words"),
        Column("score", "score"),
    )
    rows = [
        Row(
            (
                Cell.words(image),
                Cell(str(guess.index), guess.index),
                Cell.words(classes[guess.index]) if classes else Cell.unknown(),
                Cell(f"{guess.score:.1%}", guess.score),
            )
        )
        for image, found in zip(images, guesses, strict=True)
        for guess in found
    ]
    return Table("Predictions", columns, tuple(rows))


def _document(
    model: str, images: Sequence[str], guesses: Sequence[Sequence[Guess]], classes: Sequence[str] | None
) -> str:
    from archdsl.tabular.json import document

    found = [
        {
            "file": image,
            "classes": [
                {"index": guess.index, "name": classes[guess.index] if classes else None, "score": guess.score}
                for guess in best
            ],
        }
        for image, best in zip(images, guesses, strict=True)
    ]
    return document("archdsl-predictions", 1, model=model, images=found)
