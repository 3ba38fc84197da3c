"""Random weights for a reference model, carried to ours by name."""

from __future__ import annotations

import keras
import numpy as np

from tests.conformance.names import NameMap


def randomise(model: keras.Model, seed: int = 0) -> None:
    """Gives every weight values that show in the output: positive variances, kernels scaled by their fan-in."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        shape = tuple(weight.shape)
        value = rng.normal(size=shape)
        if "variance" in weight.path:
            value = rng.uniform(0.5, 1.5, size=shape)
        elif len(shape) > 1:
            value *= np.sqrt(2 / np.prod(shape[:-1]))
        else:
            value = value * 0.1 + ("gamma" in weight.path)
        weight.assign(value.astype("float32"))


def transfer(reference: keras.Model, ours: keras.Model, names: NameMap) -> None:
    """Copies weights from layer to layer as the map says, array by array of the same name.

    Raises ``KeyError`` when a layer with weights is left over on either side, ``ValueError`` when shapes differ.
    """
    sources = {layer.name: layer for layer in reference.layers if layer.weights}
    targets = {layer.name: layer for layer in ours.layers if layer.weights}
    for our_name, their_name in names.all(targets, sources).items():
        theirs = {weight.name: weight for weight in sources[their_name].weights}
        for weight in targets[our_name].weights:
            weight.assign(theirs.pop(weight.name))
        if theirs:
            raise KeyError(f"{their_name} has {', '.join(theirs)}, which {our_name} has not")


def relative_error(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest difference, relative to the largest value of the reference."""
    return float(np.max(np.abs(ours - reference)) / np.max(np.abs(reference)))
