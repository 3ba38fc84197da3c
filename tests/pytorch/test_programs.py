"""Programs that nobody wrote, as PyTorch computes them, against the definitions in NumPy."""

from __future__ import annotations

import os
from random import Random

import numpy as np
import pytest

from archdsl import load_text
from archdsl.backends.torch.file import written
from archdsl.compiler import Program
from archdsl.graph.dims import Sym
from archdsl.graph.model import Graph
from archdsl.graph.text import to_text
from archdsl.passes.sizes import least_sizes
from archdsl.passes.tokens import tokens
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.domains import needs_positive
from tests.fuzz.programs import Writer
from tests.fuzz.wide import opened, several
from tests.reference.definitions import size
from tests.reference.run import random_weights, run
from tests.unit.backends.reused import NESTED
from tests.unit.backends.unet import UNET

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import Array, loaded, outputs

PROGRAMS = int(os.environ.get("ARCHDSL_VALUES", "6"))
_AT_MOST = 1e-5


def _inputs(graph: Graph, rng: np.random.Generator, sizes: dict[str, int]) -> dict[str, Array]:
    positive = {name for node in graph if needs_positive(node.op) for name in node.inputs}
    found, whole = {}, tokens(graph)
    for port in graph.inputs:
        shape = (2, *(size(dim, sizes) for dim in port.shape))
        if port.name in whole:
            found[port.name] = rng.integers(0, whole[port.name], shape).astype(float)
        else:
            value = rng.normal(size=shape)
            found[port.name] = np.abs(value) + 0.5 if port.name in positive else value
    return found


def _differences(graph: Graph, seed: int, sizes: dict[str, int] | None = None) -> list[str]:
    """Outputs that are not those of the definitions."""
    rng = np.random.default_rng(seed)
    weights, inputs = random_weights(graph, rng), _inputs(graph, rng, sizes or {})
    file = written(graph)
    with np.errstate(over="ignore", invalid="ignore"):  # programs may multiply until no number holds it
        expected = run(graph, weights, inputs).outputs
        found = outputs(graph, loaded(graph, weights, file), inputs, file)
        off = {
            name: np.abs(found[name] - value).max() / max(1.0, np.abs(value).max())
            for name, value in expected.items()
            if np.isfinite(value).all() and np.abs(value).max() < 1e30
        }
    return [
        f"{name} is off by {error}\n{to_text(graph)}\n{file.text}"
        for name, error in off.items()
        if not error < _AT_MOST
    ]


@pytest.mark.parametrize("text", [UNET, NESTED], ids=["u-net", "shared in shared"])
def test_a_text(text: str) -> None:
    assert _differences(load_text(text).graph, 0) == []


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_program(seed: int) -> None:
    random = Random(seed)
    graph = Program(SourceFile("<text>", Writer(random, seed).program()), MemoryLoader({})).graph("Net", {"rate": 0.0})
    assert graph is not None
    assert _differences(graph, seed) == []
    assert _differences(several(random), seed) == []


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_program_with_open_sizes(seed: int) -> None:
    graph = opened(Random(seed))
    assert any(isinstance(dim, Sym) for port in graph.inputs for dim in port.shape)
    for more in (0, 2):
        sizes = {least.name: least.size + more * least.step for least in least_sizes(graph)}
        assert _differences(graph, seed, sizes) == []
