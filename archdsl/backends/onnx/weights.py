"""The values of weights: from a file, or initial ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archdsl.backends.known import need_known
from archdsl.backends.onnx.initial import fresh
from archdsl.backends.onnx.program import Array
from archdsl.backends.onnx.site import Arrays
from archdsl.graph.model import Graph
from archdsl.ops.base import Count
from archdsl.ops.init import Init
from archdsl.weights import Array as Stored
from archdsl.weights import expected


def source(stored: Mapping[str, Stored], seed: int) -> Arrays:
    """Returns the arrays of a file, and initial values for keys that it lacks."""

    def array(key: str, shape: tuple[int, ...], start: Init, drawn: tuple[int, ...]) -> Array:
        if key in stored:
            return np.asarray(stored[key].read(), np.float32)
        return fresh(key, shape, start, drawn, seed)

    return array


def initial(graph: Graph, seed: int) -> dict[str, Array]:
    """Initial values of all weights of a graph by key, as ONNX files have them with this seed.

    Raises ``ArchError`` where what a step computes is not known, and so how its weights start.
    """
    need_known(graph, "fresh weights")
    from archdsl.backends.onnx.build import program

    found: dict[str, Array] = {}

    def array(key: str, shape: tuple[int, ...], start: Init, drawn: tuple[int, ...]) -> Array:
        found[key] = fresh(key, shape, start, drawn, seed)
        return found[key]

    made, _ = program(graph, array, blocks=False)
    for each in made.arrays.values():
        each.make()
    # What does not enter the outputs, such as counts, is no part of a program.
    return {
        key: found[key] if key in found else np.zeros(weight.shape, "int32" if isinstance(weight, Count) else "float32")
        for key, weight in expected(graph).items()
    }
