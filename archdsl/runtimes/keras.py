"""Keras by ``model.predict`` on TensorFlow, as most programs use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

import archdsl.layers  # noqa: F401  # what files may need
from archdsl.backends.keras.build import build
from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model
from archdsl.weights import in_memory


def made(model: Model) -> keras.Model:
    """The model with its weights."""
    return build(model.graph, lambda _: in_memory(model.arrays))


def export(model: Model, file: Path) -> None:
    made(model).save(file)


def set_threads(threads: int) -> None:
    """Sets the number of threads, which must precede all of TensorFlow's computations."""
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def read(graph: Graph, outputs: Any) -> Sequence[Array]:
    """The outputs of a Keras model, in order."""
    if isinstance(outputs, dict):
        return [keras.ops.convert_to_numpy(outputs[port.name]) for port in graph.outputs]
    return [keras.ops.convert_to_numpy(outputs)]


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    set_threads(threads)
    model = keras.models.load_model(file, compile=False)
    given = list(inputs) if len(inputs) > 1 else inputs[0]
    return Loaded(
        lambda: model.predict(given, batch_size=len(inputs[0]), verbose=0), lambda outputs: read(graph, outputs)
    )
