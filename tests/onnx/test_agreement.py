"""Every op, and programs that nobody wrote: what ONNX Runtime computes is what the definitions say."""

from __future__ import annotations

import os
from itertools import product
from random import Random

import numpy as np
import pytest

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")
pytest.importorskip("onnxruntime", reason="what was written is run by ONNX Runtime: `pip install onnxruntime`")

from archdsl.backends.onnx.registry import lowering
from tests.computed import COMPUTED
from tests.fuzz.sharing import pair
from tests.fuzz.single import one
from tests.onnx.agreement import ONE_OP, disagreements, program_differences

CALLS = int(os.environ.get("ARCHDSL_CALLS", "3"))
PAIRS = int(os.environ.get("ARCHDSL_PAIRS", "1"))
"""Of each op; `make differential` asks for more."""
PROGRAMS = int(os.environ.get("ARCHDSL_VALUES", "8"))


def test_every_op_is_lowered() -> None:
    assert all(callable(lowering(op).lowering) for op in COMPUTED.values())


@pytest.mark.parametrize("name", COMPUTED)
def test_op_is_what_it_says(name: str) -> None:
    found: list[str] = []
    for seed in range(CALLS):
        graph = one(name, Random(f"{name} {seed}"))
        (node,) = graph.nodes
        batches = (1, 2, max(int(dim) for dim in graph.inputs[0].shape))[seed % 3 :][:2]
        lines = disagreements(graph, np.random.default_rng(seed), batches=batches, tolerance=ONE_OP)
        found += [f"{node.op!r} on {[port.shape for port in graph.inputs]}: {line}" for line in lines]
    assert found == []


def test_shared_weights() -> None:
    """One set of weights met by two sizes, and by two ranks."""
    found = []
    for name, seed in product(COMPUTED, range(PAIRS)):
        text, graph = pair(name, Random(f"{name} {seed}"))
        lines = disagreements(graph, np.random.default_rng(seed))
        found += [f"{line}\n{text}" for line in lines]
    assert found == []


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_programs(seed: int) -> None:
    assert program_differences(seed) == []
