"""Light, hybrid and ablated models: what was asked of them holds, and every weight learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np
import pytest

import archdsl
from archdsl.graph.model import Graph
from archdsl.passes.cost import cost

WIDTHS = (64, 128, 256, 512)
CONVOLUTIONS = [
    pair
    for before, width in zip((64, *WIDTHS), WIDTHS, strict=False)
    for pair in [(before, width), *[(width, width)] * 3]
]
"""Channels before and after each of the 16 of the blocks."""
GATES = sum(2 * (2 * width * (width // 16) + width // 16 + width) for width in WIDTHS)
KERNELS = sum(49 * before + before * after - 9 * before * after for before, after in CONVOLUTIONS)
NORMED = 64 + sum(4 * width for width in WIDTHS) + sum(WIDTHS[1:])
"""Channels of the stem, of four convolutions in each stage, of three shortcuts."""


class Change(NamedTuple):
    """What a switch adds: weights that training changes, weights that it does not, ops of each kind."""

    trainable: int
    others: int
    ops: dict[str, int]


ALONE = {
    "ablation_se": Change(GATES, 0, {"global_avg_pool": 8, "conv": 16, "relu": 8, "sigmoid": 8, "mul": 8}),
    "ablation_drop": Change(0, 0, {"drop_path": 7}),  # the first block is never dropped
    "ablation_large_kernel": Change(KERNELS, 0, {"conv": -16, "separable_conv": 16}),
    "ablation_gelu": Change(0, 0, {"relu": -17, "gelu": 17}),
    "ablation_layer_norm": Change(0, -2 * NORMED, {"batch_norm": -20, "layer_norm": 20}),
}
TOGETHER = Change(
    sum(change.trainable for change in ALONE.values()),
    sum(change.others for change in ALONE.values()),
    {op: sum(change.ops.get(op, 0) for change in ALONE.values()) for change in ALONE.values() for op in change.ops},
)
SWITCHES = {**ALONE, "ablation_all": TOGETHER}


def kinds(graph: Graph) -> Counter[str]:
    return Counter(node.op.name for node in graph)


def nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    return {op: count for op, count in counts.items() if count}


def built(name: str, **params: int) -> keras.Model:
    """With the same weights in every run: of others, all four units of a small gate may happen to be dead."""
    keras.utils.set_random_seed(0)
    return archdsl.load(name, **params).build()


def train_one_step(model: keras.Model) -> float:
    """On four images, eagerly, as tracing takes longer than the step. Returns the loss before it."""
    keras.utils.set_random_seed(0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    images = np.random.default_rng(0).normal(size=(4, *model.input_shape[1:])).astype("float32")
    return float(model.train_on_batch(images, np.arange(4)))


def assert_all_learn(model: keras.Model) -> None:
    before = [np.array(weight) for weight in model.trainable_weights]
    assert np.isfinite(train_one_step(model))
    after = [np.array(weight) for weight in model.trainable_weights]
    assert [w.path for w, a, b in zip(model.trainable_weights, after, before, strict=True) if np.all(a == b)] == []


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_changes_what_it_says(name: str) -> None:
    baseline, switched = archdsl.load("ablation").graph, archdsl.load(name).graph
    before, after = cost(baseline), cost(switched)
    difference = kinds(switched)
    difference.subtract(kinds(baseline))
    measured = Change(
        after.trainable - before.trainable, after.non_trainable - before.non_trainable, nonzero(difference)
    )
    assert measured == SWITCHES[name]._replace(ops=nonzero(SWITCHES[name].ops))


@pytest.mark.parametrize("name", ["ablation", *SWITCHES])
def test_every_weight_of_an_ablation_learns(name: str) -> None:
    assert_all_learn(built(name))


def test_light_model_has_less_than_a_million_weights() -> None:
    graph = archdsl.load("light_cifar").graph
    assert cost(graph).params < 1_000_000
    assert {"separable_conv", "sigmoid"} <= kinds(graph).keys()
    assert (graph.inputs[0].shape, graph.outputs[0].shape) == ((32, 32, 3), (10,))


def test_light_model_learns() -> None:
    assert_all_learn(built("light_cifar"))


def test_positions_of_the_hybrid_learn() -> None:
    """A table that is no weight of the model would be missing here."""
    model = built("hybrid", classes=10)
    table = model.get_layer("position_embedding").embeddings
    assert table.shape == (49, 256)
    assert any(table is weight for weight in model.trainable_weights)
    before = np.array(table)
    assert np.isfinite(train_one_step(model))
    assert np.all(np.any(np.array(table) != before, axis=-1)), "some token's position did not change"
