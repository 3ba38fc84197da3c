"""Matches weights by order, for files with other names: as Keras does, with more checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import keras

from archdsl.backends.keras.files.layout import snake_case
from archdsl.backends.keras.held import Held, held_elsewhere
from archdsl.backends.keras.registry import layer_name
from archdsl.graph.model import Graph
from archdsl.weights import Array, Layer, Weights, WeightsError, expected

_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class _Ours:
    """A layer of the model: its variables by the keys of their arrays."""

    path: str
    variables: dict[str, Held]


def by_order(graph: Graph, weights: Weights, model: keras.Model) -> dict[str, Array]:
    """The arrays of a file by the keys of the graph: the first ``conv2d`` of one matches the first of the other, and so
    on.

    Raises:
        WeightsError: the file has no order, or as a whole does not fit: other numbers of layers of a class, layers of
            a class in several models, or arrays of other names or shapes. The message lists all of them.
    """
    if weights.layers is None:
        raise WeightsError(f"{weights.file} has no order, only names")
    ours, theirs = _ours(graph, model), _theirs(weights.layers)
    found: dict[str, Array] = {}
    problems: list[str] = []
    for kind in sorted({*ours, *theirs}):
        here, there = ours.get(kind, []), theirs.get(kind, [])
        models = sorted({layer.within for layer in there})
        if len(models) > 1:
            places = ", ".join(within.rstrip("/") or "the outer one" for within in models)
            problems.append(f"{kind}: in models within each other, which have no order among them: {places}")
            continue
        if len(here) != len(there):
            problems.append(f"{kind}: {len(there)} in the file, {len(here)} in the model")
            continue
        for layer, other in zip(here, there, strict=True):
            problems += _pair(layer, other, weights, found)
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        lines = "".join(f"\n  {line}" for line in (*problems[:_SHOWN], *more))
        raise WeightsError(f"{weights.file} does not fit {model.name} by order:{lines}")
    return found


def _ours(graph: Graph, model: keras.Model) -> Mapping[str, list[_Ours]]:
    """The layers with weights by class, in model order."""
    owners: dict[str, _Ours] = {}
    held = held_elsewhere(graph)
    for key, weight in expected(graph).items():
        path = key.partition("/")[0]
        variable = held.get(key, Held(weight.name, weight.shape))
        owners.setdefault(layer_name(path), _Ours(path, {})).variables[key] = variable
    found: dict[str, list[_Ours]] = {}
    for layer in model.layers:
        if layer.name in owners:
            found.setdefault(snake_case(type(layer).__name__), []).append(owners[layer.name])
    return found


def _theirs(layers: tuple[Layer, ...]) -> Mapping[str, list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        found.setdefault(layer.kind, []).append(layer)
    return found


def _pair(ours: _Ours, theirs: Layer, weights: Weights, found: dict[str, Array]) -> Iterator[str]:
    """Adds the matching arrays of a layer to ``found``, and returns the mismatches."""
    names = [variable.name for variable in ours.variables.values()]
    # Where the file does not name them, Keras's order within a layer is all there is, which is that of the op.
    given = [key.partition("/")[2] for key in theirs.keys] if theirs.is_named else names
    if len(given) != len(theirs.keys) or sorted(given) != sorted(names):
        yield f"{theirs.name} has {', '.join(given)}; {ours.path} has {', '.join(names)}"
        return
    arrays = {name: weights.arrays[key] for name, key in zip(given, theirs.keys, strict=True)}
    for key, (name, shape) in ours.variables.items():
        array = arrays[name]
        if array.shape == shape:
            found[key] = array
        else:
            yield f"{theirs.name}/{name} {[*array.shape]} is no {key} {[*shape]}"
