"""Keras, with the model traced once into a ``tf.function``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from archdsl.graph.model import Graph
from archdsl.runtimes.keras import export as export
from archdsl.runtimes.keras import read, set_threads
from archdsl.runtimes.registry import Array, Loaded


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    set_threads(threads)
    model = keras.models.load_model(file, compile=False)
    tensors = [tf.constant(array) for array in inputs]
    given = tensors if len(tensors) > 1 else tensors[0]
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    return Loaded(lambda: function(given), lambda outputs: read(graph, outputs))
