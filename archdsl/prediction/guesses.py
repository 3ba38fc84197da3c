"""The top classes of images, by a model in one of its forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from archdsl.graph.model import Graph, Port
from archdsl.ops.activation import Softmax
from archdsl.runtimes.registry import Model, Runtime

Array = np.ndarray[Any, Any]


class NotClassifier(ValueError):
    """A model does not map one image to a score for each class."""


@dataclass(frozen=True, slots=True)
class Guess:
    index: int
    score: float
    """Of 1 in all."""


def output_of(graph: Graph) -> Port:
    """The first output with a score for each class. Raises ``NotClassifier``."""
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 3:
        raise NotClassifier(f"{graph.name} does not take one image")
    found = next((port for port in graph.outputs if len(port.shape) == 1), None)
    if found is None:
        raise NotClassifier(f"{graph.name} does not give a score for each class")
    return found


def predict(
    graph: Graph, weights: Mapping[str, Array], images: Sequence[Array], runtime: Runtime, top: int
) -> list[tuple[Guess, ...]]:
    """The classes with the highest scores for each image, in descending order.

    Raises:
        NotClassifier: the model is no classifier of images.
        Exception: whatever the runtime raises.
    """
    port = output_of(graph)
    batch = np.stack(images)
    answers = _answers(graph, weights, batch, runtime)[graph.outputs.index(port)].astype("float64")
    scores = answers if isinstance(graph[port.node].op, Softmax) else _softmax(answers)
    order = np.argsort(-scores, axis=-1, kind="stable")[:, :top]
    return [tuple(Guess(int(i), float(row[i])) for i in best) for row, best in zip(scores, order, strict=True)]


def _answers(graph: Graph, weights: Mapping[str, Array], batch: Array, runtime: Runtime) -> Sequence[Array]:
    module = import_module(runtime.module)
    with TemporaryDirectory(prefix="archdsl-") as folder:
        file = Path(folder) / runtime.file(len(batch))
        module.export(Model(graph, dict(weights), len(batch)), file)
        loaded = module.load(file, graph, [batch], 0)
        found: Sequence[Array] = loaded.read(loaded.call())
        return [np.array(array) for array in found]


def _softmax(logits: Array) -> Array:
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Array = grown / grown.sum(axis=-1, keepdims=True)
    return found
