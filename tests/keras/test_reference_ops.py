"""Every op by itself, over many arguments and shapes: what Keras computes is what the op's definition says."""

from __future__ import annotations

import os
from random import Random

import numpy as np
import pytest

from tests.computed import COMPUTED
from tests.fuzz.single import one
from tests.keras.agreement import ONE_OP, disagreements, leaves_to_chance

CALLS = int(os.environ.get("ARCHDSL_CALLS", "4"))
"""Of each op; `make differential` asks for more."""


@pytest.mark.parametrize("name", COMPUTED)
def test_op_is_what_it_says(name: str) -> None:
    found: list[str] = []
    for seed in range(CALLS):
        graph = one(name, Random(f"{name} {seed}"))
        (node,) = graph.nodes
        batches = (1, 2, max(int(dim) for dim in graph.inputs[0].shape))[seed % 3 :][:2]
        lines = disagreements(
            graph, np.random.default_rng(seed), batches=batches, training=not leaves_to_chance(graph), tolerance=ONE_OP
        )
        found += [f"{node.op!r} on {[port.shape for port in graph.inputs]}: {line}" for line in lines]
    assert found == []
