"""Weights under PyTorch's names, brought into a model of ours."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from archdsl.api import Architecture
from archdsl.backends.keras.weights import variables
from archdsl.weights.published import find
from tests.conformance.drawn import Array


def built(architecture: Architecture, arrays: Mapping[str, Array]) -> keras.Model:
    """The model, each of its weights the array, or the part of one, that the tables of names say.

    Raises ``WeightsError`` when by no table each array is used once and none is left over.
    """
    _, found = find(architecture.graph, {name: array.shape for name, array in arrays.items()})
    model = architecture.build()
    known = variables(architecture.graph, model)
    for key, piece in found.items():
        known[key].assign(piece.of(arrays[piece.name]).reshape(known[key].shape))
    return model
