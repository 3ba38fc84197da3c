"""Keras models, and their weights alone."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.atomic import ending
from archdsl.cli.output import written
from archdsl.cli.targets.registry import TARGETS, Options, Target, Write
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import hushed, working

if TYPE_CHECKING:
    import keras

    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, options: Options) -> Write:
    """Builds the model, which all files of it share."""
    model = built(architecture, options)

    def write(target: Target, out: str) -> str | None:
        save(architecture, model, Path(out), target.name)
        return loads(model) if target.name == "keras" else ""

    return write


def built(architecture: Architecture, options: Options) -> keras.Model:
    """The model; what of a file of weights does not fit is listed."""
    from archdsl.weights import PartialWeights

    gc.enable()
    with fitting(architecture, options, TARGETS["keras"].takes):
        with working("loading Keras"), hushed():
            from archdsl.backends.keras.build import build as build
        with working(f"building {architecture.name}"), warnings.catch_warnings():
            warnings.simplefilter("ignore", PartialWeights)
            return architecture.build(options.weights, partial=options.partial, by_order=options.by_order)


def save(architecture: Architecture, model: keras.Model, target: Path, form: str) -> None:
    with working(f"saving {target}"), written(target) as file:
        if form == "keras":
            with ending(file, ".keras") as path:
                model.save(path)
        else:
            from archdsl.backends.keras.weights import write

            write(architecture.graph, model, file, f".{form}")


def loads(model: keras.Model) -> str:
    """What a program must import before it loads the file of a model."""
    from archdsl.layers import needed

    own = needed(model)
    return f"needs `import archdsl.layers` to load: {', '.join(own)}" if own else "loads with Keras alone"
