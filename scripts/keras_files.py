"""Whether each array of the files of keras.applications has a place in our models, and each place an array.

``python -m scripts.keras_files [MODEL…]`` makes each model without values and a file as Keras 2 laid it out: a group a
layer, arrays under the names of layers and variables, which are the installed library's own. Nothing is downloaded, and
no value compared, which ``make conformance`` does. What it finds is in ``scripts/exports/keras.toml``.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import archdsl
from archdsl.weights import WeightsError

RESULTS = Path(__file__).parent / "exports" / "keras.toml"


class Found(NamedTuple):
    """What was found of a file."""

    theirs: str
    keys: int
    """Its arrays."""
    left: int
    """Those that have no place; all of them if a place of ours has no array."""


def results() -> dict[str, dict[str, Any]]:
    return tomllib.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def laid_out(model: Any, file: Path) -> None:
    """An ``.h5`` with the arrays of a model, whose places are never written to and take no room."""
    import h5py

    unwritten = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    unwritten.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    unwritten.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    with h5py.File(file, "w") as h5:
        h5.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            group = h5.create_group(layer.name)
            found = {f"{owner}/{name}:0": (shape, dtype) for owner, name, shape, dtype in _variables(layer)}
            group.attrs["weight_names"] = [*found]
            for name, (shape, dtype) in found.items():
                group.create_dataset(name, shape, dtype, **({"dcpl": unwritten} if shape else {"data": 0}))


def _variables(layer: Any) -> Iterator[tuple[str, str, tuple[int, ...], str]]:
    """Owner, name, shape and type of each variable of a layer, and of the layers of one that is a model."""
    for inner in getattr(layer, "layers", ()):
        yield from _variables(inner)
    if not hasattr(layer, "layers"):
        for variable in layer.weights:
            is_depthwise = type(layer).__name__ == "DepthwiseConv2D" and variable.name == "kernel"
            name = f"{'depthwise_' if is_depthwise else ''}{variable.name}"
            yield layer.name, name, tuple(variable.shape), variable.dtype


def measure(model: str, theirs: str) -> Found:
    """A model of ours, and what keras.applications calls it."""
    import keras

    from archdsl.backends.keras.files import opened
    from archdsl.weights.published import convert

    keras.utils.clear_session()  # so that layers without a name of their own are counted from the first
    with keras.StatelessScope(), TemporaryDirectory() as folder:
        reference = getattr(keras.applications, theirs)(weights=None)
        file = Path(folder) / "net.h5"
        laid_out(reference, file)
        with opened(str(file)) as weights:
            count = len(weights.arrays)
            try:
                left = convert(archdsl.load(model).graph, weights).left
            except WeightsError as error:
                print(f"{model}: {error}")
                return Found(theirs, count, count)
    return Found(theirs, count, len(left))


def main() -> None:
    """Takes the models that are named, or all; what is known of others stays."""
    from scripts.checkpoints import KERAS

    for model in sys.argv[1:] or KERAS:
        found = measure(model, KERAS[model])
        print(model, found, flush=True)
        known = {**results(), model: found._asdict()}
        lines = ["# Files of keras.applications beside our models: `python -m scripts.keras_files` writes it."]
        for name, facts in sorted(known.items()):
            lines.append(f'{name} = {{ theirs = "{facts["theirs"]}", keys = {facts["keys"]}, left = {facts["left"]} }}')
        RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
