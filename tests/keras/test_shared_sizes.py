"""A ``shared`` op on two sizes is the op on each of them: against two ops with the same weights, and by definition."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.backends.keras.build import build
from archdsl.graph.model import Graph
from tests.computed import COMPUTED
from tests.fuzz.sharing import pair, written_out
from tests.keras.agreement import answers, assign, difference, inputs_for, precision
from tests.reference.run import random_weights, run

PAIRS = int(os.environ.get("ARCHDSL_PAIRS", "2"))
"""Of each op; `make differential` asks for more."""


def shared_differences(graph: Graph, seed: int, built: Graph | None = None) -> list[str]:
    """Where the shared model is another than the one written out, or than the definitions.

    A test of this comparison has another graph ``built``.
    """
    rng = np.random.default_rng(seed)
    weights, inputs = random_weights(graph, rng), inputs_for(graph, rng, 2)
    apart = written_out(graph)
    copies = {
        f"{node.path}/{weight.name}": weights[f"{node.layer}/{weight.name}"]
        for node in graph
        for weight in node.op.weights(*graph.input_shapes(node))
    }
    shared, separate = _answers(built or graph, weights, inputs), _answers(apart, copies, inputs)
    expected = run(graph, weights, inputs).outputs
    found = [line for name in shared for line in difference(f"shared {name}", shared[name], separate[name])]
    tolerance = precision(graph)
    return found + [line for name in shared for line in difference(name, shared[name], expected[name], tolerance)]


def _answers(graph: Graph, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    model = build(graph)
    assign(graph, model, weights)
    return {name: keras.ops.convert_to_numpy(value) for name, value in answers(model, inputs).items()}


@pytest.mark.parametrize("name", COMPUTED)
def test_shared_is_written_out(name: str) -> None:
    found: list[str] = []
    for seed in range(PAIRS):
        text, graph = pair(name, Random(f"{name} {seed}"))
        found += [f"{line} of\n{text}" for line in shared_differences(graph, seed)]
    assert found == []
