"""What the definitions make of a graph and of its rewritten form, in float64, with random weights and statistics."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from archdsl.api import load_text
from archdsl.graph.model import Graph
from archdsl.rewrites import REWRITES, optimised
from tests.reference.comparison import inputs_for
from tests.reference.run import random_weights, run


class Pair(NamedTuple):
    """A graph and its rewritten form."""

    before: Graph
    after: Graph
    error: float
    """The largest difference between their outputs, over the largest of the first; infinite where one is no number."""
    done: dict[str, int]

    @property
    def ops(self) -> list[str]:
        """The ops that are left, in order."""
        return [node.op.name for node in self.after]

    @property
    def macs(self) -> float:
        """Multiply-adds of the rewritten form, as a share."""
        before, after = (
            sum(int(node.op.macs(graph.input_shapes(node), node.shape)) for node in graph)  # type: ignore[arg-type]
            for graph in (self.before, self.after)
        )
        return after / before


class Undefined(Exception):
    """The graph has no outputs for these inputs: it looks up rows that a table does not have."""


def rewritten(spec: str | Graph, names: Collection[str] = tuple(REWRITES), *, seed: int = 0, batch: int = 2) -> Pair:
    """A model, by its text or as a graph, and what rewrites make of it."""
    graph = load_text(spec).graph if isinstance(spec, str) else spec
    rng = np.random.default_rng(seed)
    # In float32, as those of the result are: what is left as it is stays the same number.
    weights = {key: array.astype("float32") for key, array in random_weights(graph, rng).items()}
    found = optimised(graph, weights, names)
    assert {key: array.dtype.kind for key, array in found.arrays.items()}.keys() == _keys(found.graph)
    inputs = inputs_for(graph, rng, batch)
    with np.errstate(all="ignore"):  # programs may multiply until no number holds it
        try:
            wanted = run(graph, weights, inputs).outputs
        except IndexError as error:
            raise Undefined from error
        got = run(found.graph, dict(found.arrays), inputs).outputs
    error = 0.0
    for name, value in wanted.items():
        if not np.isfinite(value).all():
            continue
        largest = float(np.abs(value).max(initial=0.0)) or 1.0
        difference = float(np.abs(got[name] - value).max(initial=0.0)) / largest
        error = max(error, difference if np.isfinite(difference) else float("inf"))
    return Pair(graph, found.graph, error, dict(found.done))


def _keys(graph: Graph) -> set[str]:
    from archdsl.weights import expected

    return set(expected(graph))
