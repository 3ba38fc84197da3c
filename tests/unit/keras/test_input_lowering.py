"""Preprocessing in Keras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.input import Normalize, Rescale
from tests.unit.keras.harness import PATH, assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
MEAN, VARIANCE = (0.1, 0.2, 0.3), (1.0, 4.0, 9.0)
OPS = [
    Rescale(factor=1 / 255),
    Rescale(factor=1 / 127.5, offset=-1),
    Rescale(factor=(1.0, 2.0, 3.0), offset=(0.0, -1.0, 1.0)),
    Normalize(),
    Normalize(mean=0.5, variance=0.25),
    Normalize(mean=MEAN, variance=VARIANCE),
    Normalize(mean=MEAN, variance=4.0),
]


@pytest.mark.parametrize("shape", [(3,), (9, 3), (5, 6, 3), (H, W, 3), (2, 4, 5, 3)], ids=str)
@pytest.mark.parametrize("op", OPS, ids=str)
def test_agrees(op: Op, shape: Shape) -> None:
    assert_agrees(op, shape)


def test_rescale() -> None:
    x = noise(2, 5, 6, 3)
    np.testing.assert_allclose(run(build(OPS[1], (5, 6, 3)), x), x / 127.5 - 1, rtol=1e-5)
    np.testing.assert_allclose(run(build(OPS[2], (5, 6, 3)), x), x * [1, 2, 3] + [0, -1, 1], rtol=1e-5, atol=1e-6)


def test_normalize() -> None:
    x = noise(2, 5, 6, 3)
    wanted = (x - np.array(MEAN)) / np.sqrt(VARIANCE)
    np.testing.assert_allclose(run(build(Normalize(mean=MEAN, variance=VARIANCE), (5, 6, 3)), x), wanted, rtol=1e-4)
    wanted = (x - np.array(MEAN)) / 2
    np.testing.assert_allclose(run(build(Normalize(mean=MEAN, variance=4.0), (5, 6, 3)), x), wanted, rtol=1e-4)


def test_normalize_without_statistics_is_that_of_efficientnet() -> None:
    model = build(Normalize(), (H, W, 3))
    assert model.count_params() == 7
    theirs = keras.layers.Normalization(axis=-1)
    theirs.build((None, None, None, 3))
    layer = model.get_layer(PATH)
    assert [(w.name, w.shape, w.dtype) for w in layer.weights] == [(w.name, w.shape, w.dtype) for w in theirs.weights]
    x = noise(2, 5, 6, 3)
    np.testing.assert_allclose(run(model, x), x, rtol=1e-5)


@pytest.mark.parametrize("op", OPS, ids=str)
def test_files_load_without_archdsl(op: Op, tmp_path: Path) -> None:
    model = build(op, (5, 6, 3))
    assert "archdsl" not in json.dumps(model.get_config())
    assert_survives_saving(model, tmp_path, [noise(2, 5, 6, 3)])


@pytest.mark.parametrize("variance", [1e-20, (1e-20, 1.0, 4.0)], ids=str)
def test_small_variances_keep_to_the_formula(variance: Any, tmp_path: Path) -> None:
    """Keras's own layer divides by 1e-7 at least."""
    x = noise(2, 5, 6, 3) * 1e-9
    model = build(Normalize(mean=0.0, variance=variance), (5, 6, 3))
    np.testing.assert_allclose(run(model, x), x / np.sqrt(variance), rtol=1e-4)
    assert_survives_saving(model, tmp_path, [x])
