"""Keras models, and their weights alone."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archdsl.atomic import ending, replacing
from archdsl.cli.exits import Refusal
from archdsl.cli.output import writing
from archdsl.cli.targets.registry import TARGETS, Options, Target, Write
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import hushed, working

if TYPE_CHECKING:
    import keras

    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, options: Options, names: Collection[str]) -> Write:
    """Builds the model, which all its files share."""
    if {"savedmodel", "litert"} & {*names}:
        _need_tensorflow()
    model = built(architecture, options)

    def write(target: Target, out: str) -> str | None:
        save(architecture, model, Path(out), target.name)
        return loads(model) if target.name == "keras" else ""

    return write


def built(architecture: Architecture, options: Options) -> keras.Model:
    """The model; mismatches of a file of weights are listed."""
    from archdsl.weights import PartialWeights

    gc.enable()
    with fitting(architecture, options, TARGETS["keras"].takes):
        with working("loading Keras"), hushed():
            from archdsl.backends.keras.build import build as build
        with working(f"building {architecture.name}"), warnings.catch_warnings():
            warnings.simplefilter("ignore", PartialWeights)
            return architecture.build(
                options.weights, partial=options.partial, by_order=options.by_order, seed=options.seed
            )


def save(architecture: Architecture, model: keras.Model, file: Path, form: str) -> None:
    with working(f"saving {file}"), writing(file):
        _SAVERS.get(form, _save_weights)(architecture, model, file)


def _save_model(_: Architecture, model: keras.Model, file: Path) -> None:
    with replacing(file) as written, ending(written, ".keras") as path:
        model.save(path)


def _save_weights(architecture: Architecture, model: keras.Model, file: Path) -> None:
    architecture.save_weights(model, file)


def _save_savedmodel(architecture: Architecture, model: keras.Model, folder: Path) -> None:
    from archdsl.backends.keras.savedmodel import save

    with hushed():
        save(architecture.graph, model, folder)


def _save_litert(architecture: Architecture, model: keras.Model, file: Path) -> None:
    from archdsl.backends.keras.litert import save

    with hushed():
        save(architecture.graph, model, file, architecture.sources)


_SAVERS: Final = {"keras": _save_model, "savedmodel": _save_savedmodel, "litert": _save_litert}


def _need_tensorflow() -> None:
    with working("loading Keras"), hushed():
        from archdsl.backends.keras.savedmodel import NotTensorFlow, need_tensorflow
    try:
        need_tensorflow()
    except NotTensorFlow as error:
        raise Refusal(str(error)) from error


def loads(model: keras.Model) -> str:
    """The imports that a program needs to load the file of a model."""
    from archdsl.layers import needed

    own = needed(model)
    return f"needs `import archdsl.layers` to load: {', '.join(own)}" if own else "loads with Keras alone"
