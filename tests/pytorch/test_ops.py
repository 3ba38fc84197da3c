"""Every op as PyTorch computes it, against its definition in NumPy, for arguments and shapes drawn at random."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from archdsl.backends.code.values import Code
from archdsl.backends.torch import registry
from archdsl.graph.model import Graph
from archdsl.ops.registry import OPS
from tests.computed import COMPUTED
from tests.fuzz.domains import needs_positive
from tests.fuzz.single import one
from tests.reference.run import random_weights, run

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import loaded, outputs

_DRAWS = 4
_AT_MOST = 1e-6


def _inputs(graph: Graph, rng: np.random.Generator) -> dict[str, Any]:
    node = graph.nodes[0]
    arrays = {port.name: rng.normal(size=(2, *port.shape)) for port in graph.inputs}
    if needs_positive(node.op):
        arrays = {name: np.abs(array) + 0.5 for name, array in arrays.items()}
    rows = node.op.looks_up(*graph.input_shapes(node)) if node.inputs else None
    if rows is not None:
        arrays["x0"] = rng.integers(0, rows, size=arrays["x0"].shape).astype(float)
    return arrays


def _error(graph: Graph, rng: np.random.Generator) -> float:
    """The largest difference, as a share of the largest number."""
    weights, inputs = random_weights(graph, rng), _inputs(graph, rng)
    expected = run(graph, weights, inputs).outputs["output"]
    found = outputs(graph, loaded(graph, weights), inputs)["output"]
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))


def test_every_op_is_lowered() -> None:
    assert [name for name, op in COMPUTED.items() if op not in registry._LOWERINGS] == []


@pytest.mark.parametrize("name", COMPUTED)
def test_an_op_is_its_definition(name: str) -> None:
    for draw in range(_DRAWS):
        graph = one(name, Random(f"{name} {draw}"))
        error = _error(graph, np.random.default_rng(draw))
        assert error < _AT_MOST, f"{graph.nodes[0].op!r} of {graph.input_shapes(graph.nodes[0])}: {error}"


@pytest.mark.full
@pytest.mark.parametrize("name", COMPUTED)
def test_an_op_is_its_definition_often(name: str) -> None:
    for draw in range(_DRAWS, 120):
        graph = one(name, Random(f"{name} {draw}"))
        error = _error(graph, np.random.default_rng(draw))
        assert error < _AT_MOST, f"{graph.nodes[0].op!r} of {graph.input_shapes(graph.nodes[0])}: {error}"


def test_a_wrong_lowering_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is one too many in one place makes the comparison fail."""
    relu = OPS["relu"]
    right = registry._LOWERINGS[relu]
    graph = one("relu", Random(0))
    assert _error(graph, np.random.default_rng(0)) < _AT_MOST

    def wrong(op: Any, site: registry.Site) -> registry.Lowered:
        return registry.Lowered(Code("{self}({0}) + 1e-5"), right(op, site).module)

    monkeypatch.setitem(registry._LOWERINGS, relu, wrong)
    assert _error(graph, np.random.default_rng(0)) > _AT_MOST
