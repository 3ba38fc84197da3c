"""Activations in Keras, against their formulas."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import erf
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.backends.keras.registry import Owner, Site, lower
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSilu,
    LeakyRelu,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from archdsl.ops.base import Op
from archdsl.ops.init import Init
from tests.unit.keras.harness import PATH, assert_agrees, assert_survives_saving, build, noise, run, set_random

H, W = Sym.named("h"), Sym.named("w")
Array = np.ndarray[Any, Any]
SHAPES: tuple[Shape, ...] = ((8,), (9, 8), (5, 6, 8), (H, W, 8), (2, 3, 4, 8))


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softplus(x: Array) -> Array:
    return np.log1p(np.exp(x))


def hard_sigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


def tanh_gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


FORMULAS: list[tuple[Op, Callable[[Array], Array]]] = [
    (Relu(), lambda x: np.maximum(x, 0)),
    (Relu6(), lambda x: np.clip(x, 0, 6)),
    (LeakyRelu(), lambda x: np.where(x > 0, x, 0.01 * x)),
    (LeakyRelu(slope=0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
    (Elu(), lambda x: np.where(x > 0, x, np.expm1(x))),
    (Elu(alpha=0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    (Gelu(), lambda x: x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))),
    (Gelu(approximate=True), tanh_gelu),
    (Silu(), lambda x: x * sigmoid(x)),
    (HardSilu(), lambda x: x * hard_sigmoid(x)),
    (HardSigmoid(), hard_sigmoid),
    (Sigmoid(), sigmoid),
    (Tanh(), np.tanh),
    (Softplus(), softplus),
    (Mish(), lambda x: x * np.tanh(softplus(x))),
    (Softmax(), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    (Softmax(axis=0), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    (Prelu(), lambda x: np.where(x > 0, x, 0.25 * x)),
]


@pytest.mark.parametrize(("op", "formula"), FORMULAS, ids=[str(op) or op.name for op, _ in FORMULAS])
def test_formula(op: Op, formula: Callable[[Array], Array]) -> None:
    x = 4 * noise(2, 5, 6, 8)
    np.testing.assert_allclose(run(assert_agrees(op, (5, 6, 8)), x), formula(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("op", [op for op, _ in FORMULAS], ids=lambda op: op.name)
def test_every_rank(op: Op, shape: Shape) -> None:
    assert_agrees(op, shape)


def test_signs_are_those_that_the_ops_claim() -> None:
    x = 4 * noise(2, 5, 6, 8)
    for op, _ in FORMULAS:
        model = build(op, (5, 6, 8))
        assert not op.nonnegative or run(model, x).min() >= 0
        assert not op.keeps_sign or run(model, np.abs(x)).min() >= 0


@pytest.mark.parametrize(("per", "shape"), [("channel", (1, 1, 8)), ("tensor", (1, 1, 1)), ("element", (5, 6, 8))])
def test_prelu_slopes(per: Any, shape: Shape) -> None:
    model = assert_agrees(Prelu(per=per, trainable=False), (5, 6, 8))
    slopes = set_random(model)["alpha"]
    assert slopes.shape == shape
    x = noise(2, 5, 6, 8)
    np.testing.assert_allclose(run(model, x), np.where(x > 0, x, slopes * x), rtol=1e-5)


def test_prelu_starts_as_told() -> None:
    layer = build(Prelu(init=Init(kind="constant", values=(0.5,)), l2=0.1), (5, 6, 8)).get_layer(PATH)
    np.testing.assert_allclose(layer.alpha, np.full((1, 1, 8), 0.5))
    assert float(layer.alpha.regularizer(layer.alpha)) == pytest.approx(0.1 * 8 * 0.5**2)


def test_files_load_without_archdsl() -> None:
    for op, _ in FORMULAS:
        assert "archdsl" not in json.dumps(build(op, (5, 6, 8)).get_config())


def test_approximate_gelu_survives_saving(tmp_path: Path) -> None:
    assert_survives_saving(build(Gelu(approximate=True), (5, 8)), tmp_path, [noise(2, 5, 8)])


def test_approximate_gelu_follows_mixed_precision() -> None:
    x = keras.Input((8,), dtype="float16")
    site = Site(PATH, ((8,),), (8,), False, Owner(PATH, [((8,),)]))
    assert lower(Gelu(approximate=True), site, [x]).dtype == "float16"
