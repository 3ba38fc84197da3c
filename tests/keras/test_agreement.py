"""The comparisons with the definitions can fail: a model in which one thing is changed is another one."""

from __future__ import annotations

import numpy as np
import pytest

from archdsl import load_text
from archdsl.graph.model import Graph
from tests.keras.agreement import ONE_OP, disagreements
from tests.keras.test_shared_sizes import shared_differences

CHANGES = [
    ("[8, 8, 3]", "conv(4, stride=2)", "conv(4, stride=2, pad=1)", "output is off"),
    ("[8, 8, 4]", "avg_pool(3, stride=2, pad=1)", "avg_pool(3, stride=2, pad=1, count_pad=false)", "output is off"),
    ("[6, 4]", "layer_norm(eps=1e-6)", "layer_norm(eps=1e-2)", "output is off"),
    ("[4, 4]", "softmax(axis=0)", "softmax(axis=1)", "output is off"),
    ("[4, 4, 4]", "space_to_depth(2)", 'space_to_depth(2, order="whc")', "output is off"),
    ("[6, 4]", "gelu", "gelu(approximate=true)", "output is off"),
    ("[4, 4, 4]", "subtract { id, relu }", "subtract { relu, id }", "output is off"),
    ("[6, 8]", "attention(2) -> dense(3)", "attention(2, trainable=false) -> dense(3)", "trained are ['dense/bias'"),
    ("[6, 8]", "batch_norm(trainable=false)", "batch_norm", "trained are ['batch_norm/beta'"),
    ("[6, 8]", "batch_norm", "batch_norm(momentum=0.99)", "training: batch_norm/moving_mean is off"),
]


def _graph(shape: str, flow: str) -> Graph:
    return load_text(f"model Net() :: {shape} -> [...] {{ {flow} }}").graph


@pytest.mark.parametrize(("shape", "flow", "changed", "told"), CHANGES)
def test_a_change_is_seen(shape: str, flow: str, changed: str, told: str) -> None:
    graph, other = _graph(shape, flow), _graph(shape, changed)
    rng = np.random.default_rng(0)
    assert disagreements(graph, rng, batches=(1, 4), training=True, tolerance=ONE_OP) == []
    lines = disagreements(graph, rng, batches=(1, 4), training=True, tolerance=ONE_OP, built=other)
    assert any(told in line for line in lines)


def test_a_change_of_one_use_is_seen() -> None:
    """The second use of a shared block pools in another way than the first."""
    text = (
        "model Net() :: (x: [8, 8, 4], y: [7, 7, 4]) -> (p: [...], q: [...]) {\n"
        "  shared part = avg_pool(3, stride=2, pad=1)\n  ports { p: x -> part, q: y -> part }\n}"
    )
    graph = load_text(text).graph
    assert shared_differences(graph, 0) == []
    first, second = graph.nodes
    op = second.op.model_copy(update={"count_pad": False})
    alone = second.model_copy(update={"op": op, "layer": second.path})
    built = Graph(
        name=graph.name, inputs=graph.inputs, outputs=graph.outputs, nodes=(first, alone), instances=graph.instances
    )
    assert any(line.startswith("shared q is off") for line in shared_differences(graph, 0, built))


def test_what_single_precision_cannot_hold_is_no_difference() -> None:
    """A sum whose difference cancels, and products beyond the largest number; but not where something else is off."""
    for flow in (
        "rescale(1e6) -> subtract { rescale(1, 3), id }",
        "rescale(1e30) -> mul { id, id } -> subtract { id, id }",
    ):
        graph = _graph("[4, 4]", flow)
        assert disagreements(graph, np.random.default_rng(0), tolerance=ONE_OP) == []
    other = _graph("[4, 4]", "rescale(1e6) -> subtract { rescale(1, 30), id }")
    graph = _graph("[4, 4]", "rescale(1e6) -> subtract { rescale(1, 3), id }")
    assert disagreements(graph, np.random.default_rng(0), tolerance=ONE_OP, built=other) != []
