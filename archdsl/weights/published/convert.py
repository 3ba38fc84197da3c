"""Converts published checkpoints to weights of bundled models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archdsl.graph.model import Graph
from archdsl.weights.arrays import Array, Weights, WeightsError
from archdsl.weights.match import refuse_unnamed
from archdsl.weights.names import expected
from archdsl.weights.published.pieces import Piece, closest, find


@dataclass(frozen=True, slots=True)
class Converted:
    """The arrays of a graph, converted from a checkpoint."""

    arrays: Mapping[str, Array]
    """By the keys of ``expected``, in float32 whatever float the checkpoint has."""
    names: tuple[str, str]
    """The table that says which is which: family and source."""
    left: tuple[str, ...]
    """Arrays of integers that the model has no use for: counts of batches, and indices that it computes."""


def convert(graph: Graph, weights: Weights) -> Converted:
    """The arrays of a graph by name, converted from a checkpoint for which there is a table of names.

    Raises:
        WeightsError: the file does not say the names of its arrays; no table makes the checkpoint's numbers the
            graph's, each used once and none left over; or several do and disagree.
    """
    refuse_unnamed(weights)
    integers = {name for name, array in weights.arrays.items() if array.kind == "integer"}
    names, found = find(graph, {name: array.shape for name, array in weights.arrays.items()}, spare=integers)
    arrays = {key: _piece(weights.arrays[piece.name], piece) for key, piece in found.items()}
    used = {piece.name for piece in found.values()}
    return Converted(arrays, names, tuple(name for name in weights.arrays if name not in used))


def under_our_names(graph: Graph, weights: Weights) -> Weights:
    """The same file with the names of a graph.

    Where no table makes all of it the graph's, its arrays have the names that the closest table gives them, in the
    sizes that they have, and those that it does not name keep theirs: for a model that was changed since.

    Raises:
        WeightsError: no more than half of the graph's arrays are there, with the reasons of ``convert``.
    """
    try:
        return replace(weights, arrays=convert(graph, weights).arrays)
    except WeightsError:
        floats = {name: array.shape for name, array in weights.arrays.items() if array.kind != "integer"}
        found = closest(graph, floats)
        if 2 * len(found) <= len(expected(graph)):
            raise
    used = {piece.name for piece in found.values()}
    ours = {key: _piece(weights.arrays[piece.name], piece) for key, piece in found.items()}
    return replace(weights, arrays=ours | {name: weights.arrays[name] for name in floats if name not in used})


def _piece(array: Array, piece: Piece) -> Array:
    dtype = "float32" if array.kind == "float" else array.dtype
    return Array(piece.shape, dtype, lambda: piece.of(array.read()).astype(dtype))
