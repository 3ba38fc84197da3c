"""Random weights for a reference model, carried to ours by name."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from archdsl.weights import WeightsError
from archdsl.weights.published import NameMap


def randomise(model: keras.Model, seed: int = 0, gain: float = 2.0) -> None:
    """Gives every weight values that show in the output: positive variances, kernels scaled by their fan-in."""
    rng = np.random.default_rng(seed)
    for layer in leaves(model):
        for weight in layer.weights:
            shape = tuple(weight.shape)
            value = rng.normal(size=shape)
            if "variance" in weight.path:
                value = rng.uniform(0.5, 1.5, size=shape)
            elif len(shape) > 1:
                is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) or "depthwise" in weight.name
                value *= np.sqrt(gain / np.prod(shape[:-2] if is_depthwise else shape[:-1]))
            else:
                value = value * 0.1 + any(factor in weight.path for factor in ("gamma", "layer_scale"))
            if "int" not in weight.dtype:
                weight.assign(value.astype("float32"))
        _settle(layer)


def transfer(reference: keras.Model, ours: keras.Model, names: NameMap) -> None:
    """Copies weights from layer to layer as the map says, array by array of the same name; a single array needs none.

    Raises ``WeightsError`` when a layer with weights is left over on either side, ``ValueError`` when shapes differ.
    """
    sources = {layer.name: layer for layer in leaves(reference)}
    targets = {layer.name: layer for layer in leaves(ours)}
    for our_name, their_name in names.all(targets, sources).items():
        source, target = sources[their_name], targets[our_name]
        theirs = {weight.name: np.asarray(weight) for weight in source.weights}
        if len(theirs) == len(target.weights) == 1:
            (kernel,), (alone,) = target.weights, theirs.values()
            # A layer scale is a depthwise kernel of one place here.
            theirs = {kernel.name: alone.reshape(kernel.shape) if alone.ndim == 1 else alone}
        if isinstance(target, keras.layers.DepthwiseConv2D) and isinstance(source, keras.layers.Conv2D):
            theirs["kernel"] = theirs["kernel"].swapaxes(2, 3)  # as many groups as channels: [h, w, 1, c]
        for weight in target.weights:
            weight.assign(theirs.pop(weight.name))
        _settle(target)
        if theirs:
            raise WeightsError(f"{their_name} has {', '.join(theirs)}, which {our_name} has not")


def swap(model: keras.Model, first: str, second: str) -> None:
    """Exchanges the weights of two layers, whose shapes must be equal."""
    one, other = model.get_layer(first), model.get_layer(second)
    weights = one.get_weights()
    one.set_weights(other.get_weights())
    other.set_weights(weights)


def leaves(model: keras.Model) -> Iterator[keras.Layer]:
    """The layers with weights, also those of models within the model."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        elif layer.weights:
            yield layer


def _settle(layer: keras.Layer) -> None:
    """Lets a layer that computes with copies of its weights know that they changed."""
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()


def relative_error(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest difference, relative to the largest value of the reference."""
    return float(np.max(np.abs(ours - reference)) / np.max(np.abs(reference)))
