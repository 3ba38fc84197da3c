"""Every bundled spec as PyTorch computes it, beside Keras, with the same random weights."""

from __future__ import annotations

import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.build import build
from archdsl.backends.torch.file import written
from tests.keras.agreement import answers, assign, inputs_for
from tests.keras.test_specs import CASES
from tests.reference.run import random_weights

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import loaded, outputs  # noqa: E402 -- needs torch

_AT_MOST = 1e-5
"""Of the largest number of an output."""


@pytest.mark.full
@pytest.mark.parametrize(("name", "params"), CASES, ids=[name for name, _ in CASES])
def test_a_spec_is_the_same_model(name: str, params: dict[str, object]) -> None:
    graph = archdsl.load(name, **params).graph
    rng = np.random.default_rng(0)
    weights, inputs = random_weights(graph, rng), inputs_for(graph, rng, 2)
    model = build(graph)
    assign(graph, model, weights)
    expected = answers(model, inputs)
    file = written(graph)
    found = outputs(graph, loaded(graph, weights, file, torch.float32), inputs, file, torch.float32)
    for port in graph.outputs:
        there = np.asarray(expected[port.name])
        error = np.abs(found[port.name] - there).max() / np.abs(there).max()
        assert error < _AT_MOST, f"{port.name}: {error}"
