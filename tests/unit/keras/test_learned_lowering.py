"""Learned values in Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.init import Init
from archdsl.ops.learned import ClassToken, PositionEmbedding, Scale
from tests.unit.keras.harness import PATH, assert_agrees, assert_survives_saving, build, noise, run, set_random

N, W = Sym.named("n"), Sym.named("w")
CASES: list[tuple[Op, Shape]] = [
    (ClassToken(), (9, 8)),
    (ClassToken(count=3, trainable=False), (N, 8)),
    (PositionEmbedding(), (9, 8)),
    (PositionEmbedding(trainable=False), (5, 6, 8)),
    (PositionEmbedding(), (2, 3, 4, 8)),
    (Scale(), (8,)),
    (Scale(), (N, W, 8)),
    (Scale(bias=True), (9, 8)),
    (Scale(per="tensor", bias=True, trainable=False), (N, 8)),
]


@pytest.mark.parametrize(("op", "shape"), CASES, ids=str)
def test_agrees_and_survives_saving(op: Op, shape: Shape, tmp_path: Path) -> None:
    model = assert_agrees(op, shape)
    set_random(model)
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    assert_survives_saving(model, tmp_path, [x])


def test_tokens_come_first() -> None:
    model = build(ClassToken(count=2), (N, 8))
    tokens, x = set_random(model)["tokens"], noise(3, 5, 8)
    y = run(model, x)
    np.testing.assert_array_equal(y[:, :2], np.broadcast_to(tokens, (3, 2, 8)))
    np.testing.assert_array_equal(y[:, 2:], x)


def test_positions_are_added() -> None:
    model = build(PositionEmbedding(), (5, 6, 8))
    table, x = set_random(model)["embeddings"], noise(3, 5, 6, 8)
    np.testing.assert_allclose(run(model, x), x + table, rtol=1e-6)


@pytest.mark.parametrize("per", ["channel", "tensor"])
def test_scale(per: Any) -> None:
    model = build(Scale(per=per, bias=True), (5, 6, 8))
    weights, x = set_random(model), noise(3, 5, 6, 8)
    gain = weights["gamma"] if per == "tensor" else weights["kernel"].reshape(8)
    np.testing.assert_allclose(run(model, x), x * gain + weights["bias"], rtol=1e-4, atol=1e-6)


def test_how_they_start() -> None:
    ones = Init(kind="ones")
    starts = {
        ClassToken(): 0.0,
        ClassToken(init=ones): 1.0,
        Scale(): 1e-6,
        Scale(value=0.5): 0.5,
        Scale(value=0.5, init=ones): 1.0,
    }
    for op, start in starts.items():
        np.testing.assert_allclose(build(op, (9, 8)).get_layer(PATH).weights[0], start)
    table = np.asarray(build(PositionEmbedding(), (100, 100)).get_layer(PATH).weights[0])
    assert table.std() == pytest.approx(0.02, rel=0.15)
    np.testing.assert_array_equal(
        build(Scale(bias=True, bias_init=ones), (9, 8)).get_layer(PATH).weights[1], np.ones(8)
    )


@pytest.mark.parametrize("op", [ClassToken(l2=0.5), PositionEmbedding(l2=0.5), Scale(l2=0.5, bias=True)], ids=str)
def test_penalty_on_the_first_weight_only(op: Op) -> None:
    model = build(op, (9, 8))
    weight = set_random(model)[model.get_layer(PATH).weights[0].name]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(sum(model.losses)), 0.5 * np.square(weight).sum(), rtol=1e-5)


@pytest.mark.parametrize("op", [ClassToken(), PositionEmbedding(), Scale(bias=True)], ids=lambda op: op.name)
def test_mixed_precision(op: Op) -> None:
    layer = build(op, (9, 8)).get_layer(PATH)
    config = layer.get_config() | {"dtype": "mixed_float16"}
    half = type(layer).from_config(config)
    y = half(keras.ops.zeros((2, 9, 8), "float16"))
    assert (keras.backend.standardize_dtype(y.dtype), half.weights[0].dtype) == ("float16", "float32")
