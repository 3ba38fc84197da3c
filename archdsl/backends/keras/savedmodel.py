"""``save``: a Keras model as a SavedModel, with one signature in the names of the spec."""

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
"""The default signature of servers."""
_MARK: Final = "saved_model.pb"
"""The file that identifies a SavedModel for TensorFlow."""
_REPEATING: Final = (keras.layers.UpSampling1D, keras.layers.UpSampling2D, keras.layers.UpSampling3D)
"""Layers that TensorFlow computes by ``repeat``, whose result has no known size where one is open."""


class NotTensorFlow(ValueError):
    """Keras runs on another framework, whose models cannot be exported as SavedModels."""


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
    """Writes a SavedModel into a folder, for a fixed batch size or, with ``None``, for any."""
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
    """A function of the model's inputs, in order, that returns its outputs by the names of their ports."""

    def serve(*inputs: Any) -> dict[str, Any]:
        found = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
        return found if isinstance(found, dict) else {graph.outputs[0].name: found}

    return serve


@contextmanager
def _scopes(model: keras.Model) -> Iterator[None]:
    """Name scopes for the model's operations, as layers have them.

    Whoever reads the graph must find how many channels enlarged maps have: LiteRT convolves no unknown number of them.
    """
    changed = {each: _scoped(each.name, each.call) for each in model.operations if not isinstance(each, keras.Layer)}
    changed |= {each: _with_channels(each.call) for each in model.operations if isinstance(each, _REPEATING)}
    for operation, call in changed.items():
        operation.call = call
    try:
        yield
    finally:
        for operation in changed:
            del operation.call


def _scoped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def scoped(*args: Any, **kwargs: Any) -> Any:
        with tf.name_scope(name):
            return call(*args, **kwargs)

    return scoped


def _with_channels(call: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's call that fixes the static number of channels of results with open sizes."""

    def shaped(*args: Any, **kwargs: Any) -> Any:
        found = call(*args, **kwargs)
        if None not in found.shape[1:]:
            return found
        return tf.reshape(found, tf.concat([tf.shape(found)[:-1], found.shape[-1:]], axis=0))

    return shaped


def _size(dim: Dim) -> int | None:
    return dim if isinstance(dim, int) else None
