"""The outputs of a graph's model in Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archdsl.certification.places import Place, tapped
from archdsl.graph.model import Graph
from archdsl.weights import Array

Answers = Mapping[tuple[str, bool], Any]
"""Values at places by their paths, and outputs by their names, with whether it is an output."""


class Model:
    """A model that also returns intermediate values."""

    def __init__(self, graph: Graph, arrays: Mapping[str, Array], at: Sequence[Place]) -> None:
        from archdsl.backends.keras.build import build

        self._taps = {f"tap_{number}": place for number, place in enumerate(at)}
        self._outputs = [port.name for port in graph.outputs]
        whole = tapped(graph, {name: place.tensor for name, place in self._taps.items()})
        self.keras = build(whole, lambda _: arrays)
        """As it was built, for those who change it."""

    def answers(self, inputs: Mapping[str, Any]) -> Answers:
        return self.named(self.keras(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=False))

    def named(self, found: Any) -> Answers:
        """The outputs of the Keras model, by places and ports."""
        values = found if isinstance(found, dict) else {"output": found}
        inner = {(place.path, False): np.asarray(values[name]) for name, place in self._taps.items()}
        return inner | {(name, True): np.asarray(values[name]) for name in self._outputs}
