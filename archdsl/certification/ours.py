"""What the model of a graph answers, in Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archdsl.certification.places import Place, tapped
from archdsl.graph.model import Graph
from archdsl.weights import Array


def answers(
    graph: Graph, arrays: Mapping[str, Array], inputs: Mapping[str, Any], at: Sequence[Place]
) -> dict[tuple[str, bool], Any]:
    """The values at places by their paths, and the outputs by their names, with whether it is an output."""
    from archdsl.backends.keras.build import build

    names = {f"tap_{number}": place.tensor for number, place in enumerate(at)}
    whole = tapped(graph, names)
    model = build(whole, lambda _: arrays)
    found = model(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=False)
    values = found if isinstance(found, dict) else {"output": found}
    outputs = {(port.name, True): np.asarray(values[port.name]) for port in graph.outputs}
    inner = {(place.path, False): np.asarray(values[name]) for name, place in zip(names, at, strict=True)}
    return {**inner, **outputs}
