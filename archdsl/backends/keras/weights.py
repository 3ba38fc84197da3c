"""Weights of Keras models by name: loaded for models as they are built, and saved to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from archdsl.atomic import elsewhere, replacing
from archdsl.backends.keras.files import hdf5
from archdsl.backends.keras.held import Held, held_elsewhere, name_in_layer
from archdsl.backends.keras.registry import layer_name
from archdsl.graph.model import Graph
from archdsl.weights import Array, WeightsError, expected, safetensors


def variables(graph: Graph, model: keras.Model) -> dict[str, keras.Variable]:
    """The variables of a graph's model by the keys of the graph's arrays, in the same order.

    Names decide, as Keras gives them to variables: ``attention/query/kernel``.

    Raises:
        WeightsError: the model is not one that was built from the graph: a variable is missing, or of another shape.
    """
    found: dict[str, keras.Variable] = {}
    owners: dict[str, dict[str, keras.Variable]] = {}
    held = held_elsewhere(graph)
    for key, weight in expected(graph).items():
        path = key.partition("/")[0]
        if path not in owners:
            owners[path] = _own(model, layer_name(path))
        name, shape = held.get(key, Held(weight.name, weight.shape))
        variable = owners[path].get(name)
        if variable is None or tuple(variable.shape) != shape:
            has = "none" if variable is None else str([*variable.shape])
            raise WeightsError(f"{model.name} is no model of {graph.name}: {key} {[*weight.shape]} is {has} there")
        found[key] = variable
    return found


def _own(model: keras.Model, name: str) -> dict[str, keras.Variable]:
    """The variables of a layer, by their names within it."""
    try:
        layer = model.get_layer(name)
    except ValueError:
        return {}
    return {f"/{variable.path}".partition(f"/{name}/")[2]: variable for variable in layer.weights}


# --- out of a file ----------------------------------------------------------------------------------------------------

Choice = Callable[[keras.Model], Mapping[str, Array]]
"""Which arrays a model starts with, by key."""


def started(graph: Graph, make: Callable[[], keras.Model], choose: Choice) -> keras.Model:
    """The model that ``make`` makes of a graph, with the chosen weights; the others are initialised.

    Inside of a ``StatelessScope`` Keras makes variables without values, and gives them their values when the scope
    ends. A variable that was chosen for has its value from the file then, and no random one is made to be thrown away.
    """
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = make()
            arrays, known = choose(model), variables(graph, model)
            for key, array in arrays.items():
                # Keras has no public way to say it: a variable that waits for its value knows it by this name alone.
                known[key]._initializer = _Value(array)
    finally:
        with keras.StatelessScope():
            pass  # at its end Keras initialises every variable that waits, ours and those of a model that failed
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights
    return model


class _Value:
    """An initialiser that returns the values of a file, read on demand."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        return keras.ops.convert_to_tensor(self._array.read().reshape(shape), dtype)


# --- into a file ------------------------------------------------------------------------------------------------------

FORMS = (".safetensors", ".weights.h5")
"""Endings of the files that ``write`` writes."""


def save(graph: Graph, model: keras.Model, file: Path) -> None:
    """Writes the weights of a graph's model to a file, whole or not at all, in the format of its suffix."""
    form = next((form for form in FORMS if file.name.lower().endswith(form)), None)
    if form is None:
        raise ValueError(f"weights go to a file that ends in {' or '.join(FORMS)}, not to {file}")
    with replacing(file) as path:
        write(graph, model, path, form)


def write(graph: Graph, model: keras.Model, path: Path, form: str) -> None:
    """The same into a file that is open for writing: ``form`` is one of ``FORMS``."""
    named = variables(graph, model)
    metadata = safetensors.metadata(graph)
    if form == ".safetensors":
        shapes = expected(graph)
        arrays = {
            key: keras.ops.convert_to_numpy(variable).reshape(shapes[key].shape) for key, variable in named.items()
        }
        safetensors.write(path, arrays, metadata)
        return
    with elsewhere(path, form) as file:
        model.save_weights(file)
        held = held_elsewhere(graph)
        hdf5.mark(file, _configuration(model), metadata, {name_in_layer(key, held) for key in named})


def _configuration(model: keras.Model) -> hdf5.Configs:
    """The configuration that a ``.keras`` file would have of the layers with weights."""
    return {
        "layers": [
            {
                "class_name": type(layer).__name__,
                "config": layer.get_config() if layer.weights else {"name": layer.name},
            }
            for layer in model.layers
        ]
    }
