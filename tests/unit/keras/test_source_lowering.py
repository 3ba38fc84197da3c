"""Ops without an input in Keras: a batch of 1, which joins stretch and other layers get repeated."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.layers import Parameter
from archdsl.ops import source as ops
from tests.keras.agreement import disagreements
from tests.unit.keras.harness import PATH, assert_agrees, noise, reload, run, set_random

TEXT = """\
model M() :: (x: [6, 4], y: [6, 4]) -> (a: [6, 4], b: [12, 4], c: [6, 4], d: [6, 6], e: [6, 4], f: [6, 4], g: [6, 4]) {
  ports {
    p: parameter([6, 4], init=normal(1.0)) -> relu
    s: sinusoid(6, 4, pairs="halves")
    m: causal_mask(6)
    r: rotary([2, 3], 4) -> cos -> dropout(0.5)
  } as k
  -> ports {
    a: { x -> add(k.p) }
    b: concat(axis=0) { { x }, { k.s } }
    c: k.p
    d: { k.p -> matmul(y, transpose_b=true) }
    e: { x -> attention(2, logit_bias=k.m) }
    f: { y -> mul(k.r) -> subtract(k.s) -> maximum(k.p) }
    g: average { { x }, { k.p } }
  }
}
"""


def test_they_meet_what_flows(tmp_path: Path) -> None:
    architecture = archdsl.load_text(TEXT)
    assert list(disagreements(architecture.graph, np.random.default_rng(0), batches=(1, 3))) == []
    model = architecture.build()
    batches = {made.name: made.output.shape[0] for made in model.operations}
    assert batches["k.p.relu"] == 1  # what is computed from constants alone is computed once
    assert batches["k.r.dropout"] is None  # what is drawn is drawn for each example
    assert batches["a.add"] is None
    inputs = {"x": noise(3, 6, 4), "y": noise(3, 6, 4, seed=2)}
    before, after = model(inputs), reload(model, tmp_path)(inputs)
    for name, value in before.items():
        assert value.shape[0] == 3
        np.testing.assert_array_equal(value, after[name])
    assert model.predict(inputs, verbose=0)["c"].shape == (3, 6, 4)


@pytest.mark.parametrize(
    "op",
    [
        ops.Parameter(size=(2, 3), l2=0.5),
        ops.Constant(values=(1.0, 2.0), size=(2, 1)),
        ops.Ramp(count=4),
        ops.Sinusoid(places=3, features=4),
        ops.Rotary(places=(2, 2), features=4),
        ops.CausalMask(count=3),
        ops.RelativePositionBias(heads=2, map=(2, 3)),
    ],
    ids=lambda op: op.name,
)
def test_agrees(op: ops._Source) -> None:
    model = assert_agrees(op)
    assert run(model, np.zeros((3, 1))).shape == (1, *op.shape())


def test_parameters() -> None:
    model = assert_agrees(ops.Parameter(size=(2, 3), l2=0.5))
    value = set_random(model)["value"]
    np.testing.assert_array_equal(run(model, np.zeros((1, 1)))[0], value)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(sum(model.losses)), 0.5 * np.square(value).sum(), rtol=1e-5)
    assert not Parameter((2,), initializer="zeros", trainable=False).trainable
    started = assert_agrees(ops.Parameter(size=(100, 100))).get_layer(PATH).weights[0]
    assert np.asarray(started).std() == pytest.approx(0.02, rel=0.15)


def test_gradients_reach_a_parameter() -> None:
    text = "model M() :: [6, 4] -> [1] { add { id, parameter([6, 4]) } -> flatten -> dense(1) }"
    model = archdsl.load_text(text).build()
    model.compile("sgd", "mse")
    before = np.array(model.get_layer("add.1.parameter").value)
    model.train_on_batch(noise(4, 6, 4), noise(4, 1))
    assert not np.array_equal(before, np.array(model.get_layer("add.1.parameter").value))


def test_numbers_against_numpy() -> None:
    x = np.zeros((1, 1))
    sinusoid = run(assert_agrees(ops.Sinusoid(places=50, features=8, base=100.0)), x)[0]
    angles = np.arange(50)[:, None] / 100.0 ** (np.arange(4) / 4)
    np.testing.assert_allclose(sinusoid[:, 0::2], np.sin(angles), atol=1e-5)
    np.testing.assert_allclose(sinusoid[:, 1::2], np.cos(angles), atol=1e-5)
    mask = run(assert_agrees(ops.CausalMask(count=4)), x)[0]
    np.testing.assert_array_equal(mask, np.where(np.tril(np.ones((4, 4))), 0, np.float32(-1e9)))
    turned = run(assert_agrees(ops.Rotary(places=(2, 3), features=8, pairs="halves")), x)[0]
    np.testing.assert_allclose(turned[5], [1, 0.01, 2, 0.02, 1, 0.01, 2, 0.02], rtol=1e-6)


WRITTEN = """\
block Heads(heads: int) :: [n, c] -> [heads, n, c / heads] { reshape([n, heads, c / heads]) -> permute([1, 0, 2]) }

model M() :: [6, 8] -> [6, 8] {
  ports {
    q:    dense(8) as query -> Heads(2) -> rescale(0.5)
    k:    dense(8) as key -> Heads(2)
    v:    dense(8) as value -> Heads(2)
    bias: relative_position_bias(2, [2, 3])
  } as in_
  -> { in_.q -> matmul(in_.k, transpose_b=true) -> add(in_.bias) -> softmax -> matmul(in_.v) }
  -> permute([1, 0, 2]) -> reshape([6, 8])
  -> dense(8) as output
}
"""


def test_relative_positions_are_those_of_attention() -> None:
    """Attention that is written out is the op with ``relative_position``, and given the bias, the op without."""
    x = noise(3, 6, 8)
    op = archdsl.load_text("model M() :: [6, 8] -> [6, 8] { attention(2, relative_position=[2, 3]) as a }").build()
    set_random(op)
    values = {weight.path.removeprefix("a/"): np.asarray(weight) for weight in op.weights}
    given = "{ relative_position_bias(2, [2, 3]) } as b -> { x -> attention(2, logit_bias=b) as a }"
    biased = archdsl.load_text(f"model M() :: (x: [6, 8]) -> [6, 8] {{ {given} }}").build()
    for weight in biased.weights:
        name = weight.path.partition("/")[2]
        weight.assign(values[name])
    written = archdsl.load_text(WRITTEN).build()
    for weight in written.weights:
        path = weight.path
        name = "relative_position_bias" if "bias/" in path and "relative" in path else path.rpartition(".")[2]
        name = name.replace("output/", "attention_output/")
        weight.assign(values[name].reshape(weight.shape))
    expected = np.asarray(op(x))
    np.testing.assert_allclose(biased(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(written(x), expected, rtol=1e-4, atol=1e-5)
    table = next(weight for weight in written.weights if "relative_position_bias" in weight.path)
    table.assign(np.asarray(table)[::-1])
    assert not np.allclose(written(x), expected, atol=1e-3)
