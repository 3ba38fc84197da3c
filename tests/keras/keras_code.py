"""A graph as its file of Keras computes it: the file is written, run, loaded with weights and called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from archdsl.backends.keras.build import build
from archdsl.backends.keras.weights import variables
from archdsl.backends.python.file import written
from archdsl.graph.model import Graph
from archdsl.weights import safetensors
from tests.reference.comparison import inputs_for
from tests.reference.definitions import Array
from tests.reference.run import random_weights


def module_of(text: str, name: str = "net") -> ModuleType:
    """The module that a text is, as if it were imported."""
    module = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


def loaded(graph: Graph, weights: Mapping[str, Array], folder: Path, text: str = "") -> Any:
    """The model of a graph's file with weights, by the file's own function, which takes all or nothing."""
    module = module_of(text or written(graph))
    model = getattr(module, graph.name)()
    file = folder / "net.safetensors"
    arrays = {
        key: array.astype("float32" if array.dtype.kind == "f" else array.dtype) for key, array in weights.items()
    }
    safetensors.write(file, arrays, {})
    module.load_weights(model, str(file))
    for layer in model.layers:
        type(layer).from_config(layer.get_config())  # as files of models have it
    return model


def answers(graph: Graph, model: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Its outputs, by name."""
    given = [inputs[port.name] for port in graph.inputs]
    found = model(given if len(given) > 1 else given[0], training=False)
    found = found if isinstance(found, dict) else {graph.outputs[0].name: found}
    return {name: np.asarray(array) for name, array in found.items()}


def error(graph: Graph, rng: np.random.Generator, folder: Path, text: str = "") -> float:
    """The largest difference from the model that is built, as a share of its largest number."""
    weights = {key: np.asarray(array) for key, array in random_weights(graph, rng).items()}
    inputs = inputs_for(graph, rng, 2)
    ours = build(graph)
    for key, variable in variables(graph, ours).items():
        variable.assign(np.reshape(weights[key], variable.shape))
    for layer in ours.layers:
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()
    expected, found = answers(graph, ours, inputs), answers(graph, loaded(graph, weights, folder, text), inputs)
    assert found.keys() == expected.keys()
    worst = 0.0
    for name, array in expected.items():
        assert found[name].shape == array.shape, name
        scale = max(1.0, float(np.abs(array[np.isfinite(array)]).max(initial=0.0)))
        same = np.isclose(found[name], array, rtol=0, atol=0, equal_nan=True)
        worst = max(worst, float(np.where(same, 0.0, np.abs(found[name] - array)).max(initial=0.0)) / scale)
    return worst
