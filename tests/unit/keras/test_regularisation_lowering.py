"""Noise in Keras: absent at inference, and with the right mean, scale and granularity in training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
MAPS: tuple[Shape, ...] = ((9, 8), (5, 6, 8), (H, W, 8), (2, 3, 4, 8))
RATE = 0.25


def train(model: keras.Model, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    keras.utils.set_random_seed(0)
    return keras.ops.convert_to_numpy(model(x, training=True))


@pytest.mark.parametrize("shape", MAPS, ids=str)
@pytest.mark.parametrize("kind", [Dropout, DropPath, SpatialDropout])
def test_nothing_happens_at_inference(kind: type[Dropout | DropPath | SpatialDropout], shape: Shape) -> None:
    model = assert_agrees(kind(rate=RATE), shape)
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    np.testing.assert_array_equal(run(model, x), x)
    np.testing.assert_array_equal(train(assert_agrees(kind(rate=0.0), shape), x), x)


@pytest.mark.parametrize("kind", [Dropout, DropPath])
def test_vectors(kind: type[Dropout | DropPath]) -> None:
    assert_agrees(kind(rate=RATE), (8,))


@pytest.mark.parametrize("shape", [(8,), *MAPS], ids=str)
def test_drop_path_decides_once_for_each_example(shape: Shape) -> None:
    x = np.ones((4000, *(dim if isinstance(dim, int) else 2 for dim in shape)), "float32")
    examples = train(build(DropPath(rate=RATE), shape), x).reshape(len(x), -1)
    assert (examples == examples[:, :1]).all()
    np.testing.assert_allclose(np.unique(examples), [0, 1 / (1 - RATE)], rtol=1e-6)
    assert np.mean(examples == 0) == pytest.approx(RATE, abs=0.03)


def test_spatial_dropout_decides_once_for_each_channel() -> None:
    y = train(build(SpatialDropout(rate=RATE), (3, 4, 50)), np.ones((40, 3, 4, 50), "float32"))
    assert (y == y[:, :1, :1]).all()
    assert np.mean(y == 0) == pytest.approx(RATE, abs=0.03)
    assert 0 < np.mean(y[0] == 0) < 1


def test_files_load_without_archdsl(tmp_path: Path) -> None:
    for op in (Dropout(rate=RATE), DropPath(rate=RATE), SpatialDropout(rate=RATE)):
        model = build(op, (5, 6, 8))
        assert "archdsl" not in json.dumps(model.get_config())
        assert_survives_saving(model, tmp_path, [noise(2, 5, 6, 8)])
