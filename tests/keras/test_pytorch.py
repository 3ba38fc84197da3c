"""Every bundled spec as PyTorch computes it, beside Keras, with the same random weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.build import build
from archdsl.backends.keras.weights import variables
from archdsl.backends.torch.file import written
from archdsl.backends.torch.state import places
from archdsl.graph.model import Graph
from tests.keras.agreement import answers, assign, inputs_for
from tests.keras.test_specs import CASES
from tests.reference.run import random_weights

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import loaded, outputs  # noqa: E402 -- needs torch

_AT_MOST = 1e-5
"""Of the largest number of an output."""
_TRAINED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lenet5", {}),
    ("resnet18", {"size": 64}),
    ("shufflenet_v2_x05", {"size": 128}),
    ("ablation_layer_norm", {}),
    ("vit_ti16", {"size": 64, "depth": 2}),
    ("convnext_tiny", {"size": 64, "depths": [1, 1, 1, 1], "drop": 0.0}),
)
"""Small models that leave nothing to chance."""


def errors(graph: Graph) -> dict[str, float]:
    """How far each output is from Keras's, as a share of its largest number."""
    rng = np.random.default_rng(0)
    weights, inputs = random_weights(graph, rng), inputs_for(graph, rng, 2)
    model = build(graph)
    assign(graph, model, weights)
    expected = {name: np.asarray(value) for name, value in answers(model, inputs).items()}
    file = written(graph)
    found = outputs(graph, loaded(graph, weights, file, torch.float32), inputs, file, torch.float32)
    return {name: float(np.abs(found[name] - value).max() / np.abs(value).max()) for name, value in expected.items()}


@pytest.mark.full
@pytest.mark.parametrize(("name", "params"), CASES, ids=[name for name, _ in CASES])
def test_a_spec_is_the_same_model(name: str, params: dict[str, object]) -> None:
    found = errors(archdsl.load(name, **params).graph)
    assert {name: error for name, error in found.items() if not error < _AT_MOST} == {}


@contextmanager
def exact() -> Iterator[None]:
    """Models are made in float64: a convolution's rounding, ReLUs that it turns and batch norms that enlarge it show in
    gradients of float32.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def gradient_errors(graph: Graph) -> dict[str, float]:
    """How far the gradient of each parameter in training is from Keras's, as a share of the tensor's largest number.

    Some are zero but for rounding (the bias of keys, what a batch norm takes off again): these count beside others.
    """
    import tensorflow

    rng = np.random.default_rng(0)
    weights, inputs = random_weights(graph, rng), inputs_for(graph, rng, 4)
    inputs = {name: array.astype("float64") for name, array in inputs.items()}
    with exact():
        model = build(graph)
    assign(graph, model, weights)
    (port,) = graph.outputs
    towards = rng.normal(size=(4, *port.shape))
    named = {key: variable for key, variable in variables(graph, model).items() if variable.trainable}
    with tensorflow.GradientTape() as tape:
        loss = keras.ops.sum(answers(model, inputs, training=True)["output"] * towards)
    slopes = tape.gradient(loss, [variable.value for variable in named.values()])
    known = {key: np.asarray(slope) for key, slope in zip(named, slopes, strict=True)}
    file = written(graph)
    net = loaded(graph, weights, file, torch.float64).train()
    x = np.moveaxis(inputs[graph.inputs[0].name], -1, 1)
    (net(torch.from_numpy(x.copy())) * torch.from_numpy(towards)).sum().backward()
    parameters = dict(net.named_parameters())
    shapes = {key: array.shape for key, array in weights.items()}
    found = {}
    least = 1e-2 * max(np.abs(slope).max() for slope in known.values())
    for place in places(file):
        if place.key in parameters and all(source in known for source in place.sources):
            wanted = place.entry.transform([known[source].reshape(shapes[source]) for source in place.sources])
            error = np.abs(parameters[place.key].grad.numpy() - wanted).max()
            found[place.key] = float(error / max(np.abs(wanted).max(), least))
    assert len(found) == len(parameters)
    return found


@pytest.mark.full
@pytest.mark.parametrize(("name", "params"), _TRAINED, ids=[name for name, _ in _TRAINED])
def test_a_step_of_training_is_the_same(name: str, params: dict[str, object]) -> None:
    found = gradient_errors(archdsl.load(name, **params).graph)
    assert {name: error for name, error in found.items() if not error < 1e-7} == {}
