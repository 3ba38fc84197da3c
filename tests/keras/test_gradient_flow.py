"""Gradients at initialisation: skip connections keep those of a deep network in bounds."""

from __future__ import annotations

import json

import keras
import pytest

import archdsl
from archdsl.backends.keras.gradients import NotMeasurable, gradient_flow
from archdsl.passes.skips import NoSkips
from archdsl.study.gradient_flow import table, to_json
from archdsl.tabular import render

pytestmark = pytest.mark.keras

DEEP = """\
block Unit() :: [h, w, c] -> [h, w, c] {
  add { main: conv(c, k=3) -> NORM -> relu -> conv(c, k=3) -> NORM  skip: id } -> relu
}

model Net(depth: int = 25) :: [8, 8, 3] -> [10] {
  conv(8, k=3) as stem
  -> repeat depth { Unit } as body
  -> global_avg_pool
  -> dense(10) as head
}
"""


@pytest.fixture(scope="module")
def deep() -> archdsl.Architecture:
    return archdsl.load_text(DEEP.replace("NORM", "batch_norm"))


def test_gradients_of_a_plain_network_explode_with_batch_norm(deep: archdsl.Architecture) -> None:
    """Yang et al. 2019 (arXiv:1902.08129): by up to 1.21 for each layer, less in one that is narrow."""
    study = gradient_flow(deep.graph, compare=True, batch=8)
    assert study.plain is not None
    assert len(study.removed) == 25
    assert study.plain.gain > 100
    assert study.plain.gain > 30 * study.residual.gain
    assert len(study.plain.layers) == len(study.residual.layers) == 52


def test_gradients_of_a_plain_network_vanish_without_it() -> None:
    graph = archdsl.load_text(DEEP.replace("NORM", "id")).graph
    study = gradient_flow(graph, compare=True, batch=8)
    assert study.plain is not None
    assert study.plain.gain < 1e-6
    assert 0.1 < study.residual.gain < 100


def test_a_seed_makes_it_repeatable(deep: archdsl.Architecture) -> None:
    shallow = archdsl.load_text(DEEP.replace("NORM", "batch_norm"), depth=2).graph
    first, again, other = (gradient_flow(shallow, compare=True, batch=4, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.residual != other.residual


def test_norms_are_those_of_keras() -> None:
    """A linear model whose gradient is written down: the mean square of x times w, over one output of two axes."""
    graph = archdsl.load_text("model Net() :: [4, 3] -> [4, 2] { dense(2, bias=false) as only }").graph
    (layer,) = gradient_flow(graph, batch=5, seed=3).residual.layers
    keras.utils.set_random_seed(3)
    weight = archdsl.Architecture(graph).build().get_layer("only").kernel
    x = keras.random.normal((5, 4, 3), seed=keras.random.SeedGenerator(3))
    y = keras.ops.matmul(x, weight)
    signal = 2 * y / keras.ops.cast(keras.ops.size(y), "float32")
    by_weight = keras.ops.einsum("bti,bto->io", x, signal)
    assert layer.signal == pytest.approx(float(keras.ops.norm(keras.ops.ravel(signal))), rel=1e-4)
    assert layer.weights == pytest.approx(float(keras.ops.norm(keras.ops.ravel(by_weight))), rel=1e-4)


def test_dropout_is_left_out_and_shared_layers_have_no_one_signal() -> None:
    graph = archdsl.load_text(
        "block Twin() :: [8] -> [8] { dense(8) }\n"
        "model Net() :: [8] -> [4] { shared twin = Twin()\n  twin -> dropout(0.9) -> twin -> dense(4) }"
    ).graph
    shared, last = gradient_flow(graph, batch=4).residual.layers
    assert shared.signal is None
    assert shared.weights > 0
    assert last.signal is not None


def test_what_cannot_be_measured_says_so(deep: archdsl.Architecture) -> None:
    with pytest.raises(NoSkips):
        gradient_flow(archdsl.load("lenet5").graph, compare=True)
    with pytest.raises(NotMeasurable, match="left open"):
        gradient_flow(archdsl.load_text("model N() :: [?, ?, 3] -> [?, ?, 8] { conv(8) }").graph)
    with pytest.raises(NotMeasurable, match="no layers with weights"):
        gradient_flow(archdsl.load_text("model N() :: [8] -> [8] { relu }").graph)


def test_the_table_has_both_networks_by_stage_and_layer(deep: archdsl.Architecture) -> None:
    graph = archdsl.load_text(DEEP.replace("NORM", "batch_norm"), depth=2).graph
    study = gradient_flow(graph, compare=True, batch=4)
    stages = table(study)
    assert [row.cells[0].text for row in stages.rows] == ["stem", "body", "head"]
    assert "2 skip connections were taken out" in render(stages)
    assert len(table(study, by="layer").rows) == 6
    document = json.loads(to_json(study))
    assert [network["name"] for network in document["networks"]] == ["with skips", "without skips"]
    assert document["networks"][0]["gain"] == pytest.approx(study.residual.gain)
    alone = gradient_flow(graph, batch=4)
    assert [name for name, _ in alone.flows] == ["as it is"]


def test_one_number_has_no_classes() -> None:
    """The cross-entropy of a single class is zero whatever the number is: its mean square is taken."""
    graph = archdsl.load_text("model Net() :: [8] -> [1] { dense(8) -> dense(1) }").graph
    first, last = gradient_flow(graph, batch=4).residual.layers
    assert first.signal
    assert last.signal


def test_one_skip_is_one(deep: archdsl.Architecture) -> None:
    graph = archdsl.load_text(DEEP.replace("NORM", "batch_norm"), depth=1).graph
    assert "1 skip connection was taken out" in render(table(gradient_flow(graph, compare=True, batch=4)))
