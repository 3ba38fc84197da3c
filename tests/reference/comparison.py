"""Inputs to compare a backend on, and whether what it computed is what the definitions say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens
from tests.fuzz.domains import needs_positive
from tests.reference.definitions import Array, size

TOLERANCE = 2e-4
"""Of the largest number of an output: what single precision leaves of some ten ops in a row."""


def inputs_for(
    graph: Graph, rng: np.random.Generator, batch: int, sizes: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Random inputs by the names of the ports, positive ones where an op is no number of others."""
    positive = {name for node in graph if needs_positive(node.op) for name in node.inputs}
    found, whole = {}, tokens(graph)
    for port in graph.inputs:
        shape = (batch, *(size(dim, sizes or {}) for dim in port.shape))
        if port.name in whole:
            found[port.name] = rng.integers(0, whole[port.name], shape).astype("int32")
            continue
        value = rng.normal(size=shape)
        found[port.name] = (np.abs(value) + 0.5 if port.name in positive else value).astype("float32")
    return found


def difference(
    name: str, actual: Any, expected: Array, tolerance: float = TOLERANCE, lost: float = 0.0
) -> Iterator[str]:
    """One line if the two are not the same array, as far as single precision goes.

    ``lost`` is what rounding takes from the output of the definitions themselves.
    """
    if actual.shape != expected.shape:
        yield f"{name} is {actual.shape}, and should be {expected.shape}"
        return
    largest = float(np.abs(expected).max(initial=0.0))
    error = float(np.abs(actual - expected).max(initial=0.0))
    if not error <= tolerance * (1 + largest) + lost:  # also when it is no number
        yield f"{name} is off by {error:.3g}, of {largest:.3g}"
