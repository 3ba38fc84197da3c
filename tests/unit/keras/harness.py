"""One op as a Keras model, and the comparison of what the op states with what Keras built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

import archdsl.backends.keras.lowering  # noqa: F401 -- registers them all
from archdsl.backends.keras.held import held
from archdsl.backends.keras.registry import Owner, Site, lower
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op

PATH = "stage.0.op"
"""A path as the compiler makes them: the dots must not upset Keras."""


def static(shape: Shape) -> tuple[int | None, ...]:
    """The shape as Keras writes it: ``None`` for a dimension that is known only when the model runs."""
    return tuple(dim if isinstance(dim, int) else None for dim in shape)


def build(op: Op, *shapes: Shape, nonnegative: bool = False) -> keras.Model:
    """A model of the op alone, called as the compiler calls it."""
    inputs = [keras.Input(static(shape), name=f"x{i}") for i, shape in enumerate(shapes or [(1,)])]
    site = Site(PATH, shapes, op.shape(*shapes), nonnegative, Owner(PATH, [shapes]))
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], lower(op, site, inputs))


def assert_agrees(op: Op, *shapes: Shape, nonnegative: bool = False) -> keras.Model:
    """Shape, weights and trainability are those that the op states; a layer of the op's name has the weights."""
    model = build(op, *shapes, nonnegative=nonnegative)
    assert model.output.shape[1:] == static(op.shape(*shapes))

    made = names(model)
    assert made.count(PATH) == 1
    assert all(name == PATH or name.startswith(f"{PATH}.") for name in made)

    learned = {id(weight) for weight in model.trainable_weights}
    built = [(w.path.removeprefix(f"{PATH}/"), tuple(w.shape), id(w) in learned) for w in model.weights]
    elsewhere = held(op, [shapes])
    wanted = [(*elsewhere.get(weight.name, weight[:2]), weight.trainable) for weight in op.weights(*shapes)]
    assert built == wanted
    assert not built or len(model.get_layer(PATH).weights) == len(built)
    return model


def names(model: keras.Model) -> list[str]:
    """Of the layers and operations that the op became."""
    return [made.name for made in model.operations if not isinstance(made, keras.layers.InputLayer)]


def run(model: keras.Model, *arrays: Any) -> np.ndarray[Any, Any]:
    """The model's answer for one batch, as in inference."""
    values = [np.asarray(array, "float32") for array in arrays]
    return keras.ops.convert_to_numpy(model(values if len(values) > 1 else values[0], training=False))


def set_random(model: keras.Model, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    """Gives every weight random values, positive ones to variances; returns them by the names that the op states."""
    rng = np.random.default_rng(seed)
    values: dict[str, np.ndarray[Any, Any]] = {}
    for weight in model.weights:
        value = rng.normal(size=tuple(weight.shape)).astype("float32")
        value = np.abs(value) + 0.1 if "variance" in weight.path else value
        weight.assign(value)
        values[weight.path.removeprefix(f"{PATH}/")] = value
    return values


def noise(*shape: int, seed: int = 1) -> np.ndarray[Any, Any]:
    """Reproducible input, negative values among it."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def reload(model: keras.Model, folder: Path) -> keras.Model:
    """The model after a round trip through a file."""
    file = folder / "model.keras"
    model.save(file)
    return keras.saving.load_model(file)


def assert_survives_saving(model: keras.Model, folder: Path, arrays: Sequence[Any]) -> None:
    """A saved and loaded model gives the same answer."""
    np.testing.assert_allclose(run(reload(model, folder), *arrays), run(model, *arrays), rtol=1e-6, atol=1e-6)
