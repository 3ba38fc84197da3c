"""``save``: a Keras model as a SavedModel, with one signature that has the names of the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf

from archdsl.atomic import replacing_folder
from archdsl.graph.dims import Dim
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens

SIGNATURE: Final = "serving_default"
"""What servers call when no signature is named."""
_MARK: Final = "saved_model.pb"
"""The file by which TensorFlow tells a SavedModel."""


class NotTensorFlow(ValueError):
    """Keras runs on another framework, whose models TensorFlow cannot write."""


def need_tensorflow() -> None:
    """Raises ``NotTensorFlow`` unless Keras runs on TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise NotTensorFlow(f"a SavedModel takes Keras on TensorFlow, and it runs on {keras.backend.backend()}")


def save(graph: Graph, model: keras.Model, folder: Path) -> None:
    """Writes the folder of a model, whole or not at all.

    The batch may have any size, and so may dimensions that the spec leaves open.

    Raises:
        NotTensorFlow: Keras runs on another framework.
        FileExistsError: something else than a SavedModel has the name.
        OSError: the folder cannot be written.
    """
    need_tensorflow()
    with replacing_folder(folder, lambda old: (old / _MARK).is_file()) as written:
        export(graph, model, written, batch=None)


def export(graph: Graph, model: keras.Model, folder: Path, *, batch: int | None) -> None:
    """Writes a SavedModel into a folder, for batches of one size or, with ``None``, of any."""
    whole = tokens(graph)
    signature = [
        tf.TensorSpec((batch, *map(_size, port.shape)), tf.int32 if port.name in whole else tf.float32, name=port.name)
        for port in graph.inputs
    ]
    module = tf.Module()
    module.held = {variable.path: variable.value for variable in model.variables}
    module.serve = tf.function(_answers(graph, model), input_signature=signature, autograph=False)
    with _scopes(model):
        tf.saved_model.save(module, str(folder), signatures={SIGNATURE: module.serve.get_concrete_function()})


def _answers(graph: Graph, model: keras.Model) -> Callable[..., dict[str, Any]]:
    """A function of the model's inputs, in order, that gives its outputs by the names of their ports."""

    def serve(*inputs: Any) -> dict[str, Any]:
        found = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return found if isinstance(found, dict) else {graph.outputs[0].name: found}

    return serve


@contextmanager
def _scopes(model: keras.Model) -> Iterator[None]:
    """What the model's operations compute is named after them, as what its layers compute always is."""
    operations = [operation for operation in model.operations if not isinstance(operation, keras.Layer)]
    for operation in operations:
        operation.call = _scoped(operation.name, operation.call)
    try:
        yield
    finally:
        for operation in operations:
            del operation.call


def _scoped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def scoped(*args: Any, **kwargs: Any) -> Any:
        with tf.name_scope(name):
            return call(*args, **kwargs)

    return scoped


def _size(dim: Dim) -> int | None:
    return dim if isinstance(dim, int) else None
