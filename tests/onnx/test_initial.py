"""Fresh weights: the distributions that Keras's documentation states for its initialisers."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from archdsl.backends.onnx.initial import fresh
from archdsl.ops.init import KINDS, Init

SHAPE = (3, 3, 64, 256)
IN, OUT = 576, 2304
"""Places that a kernel of this shape reads and writes to."""


def draw(kind: str, *values: float, shape: tuple[int, ...] = SHAPE, key: str = "conv/kernel", **more: Any) -> Any:
    given = {"drawn": shape, "seed": 0} | more
    return fresh(key, shape, Init(kind=kind, values=values), **given)


@pytest.mark.parametrize(
    ("kind", "values", "mean", "deviation", "largest"),
    [
        ("normal", (0.1, 2.0), 2.0, 0.1, 2.7),
        ("truncated_normal", (0.02,), 0.0, 0.02 * 0.8796, 0.04),
        ("uniform", (-1.0, 3.0), 1.0, 4 / sqrt(12), 3.0),
        ("glorot_normal", (), 0.0, sqrt(2 / (IN + OUT)), 2 * sqrt(2 / (IN + OUT)) / 0.8796),
        ("glorot_uniform", (), 0.0, sqrt(2 / (IN + OUT)), sqrt(6 / (IN + OUT))),
        ("he_normal", (), 0.0, sqrt(2 / IN), 2 * sqrt(2 / IN) / 0.8796),
        ("he_uniform", (), 0.0, sqrt(2 / IN), sqrt(6 / IN)),
        ("lecun_normal", (), 0.0, sqrt(1 / IN), 2 * sqrt(1 / IN) / 0.8796),
        ("lecun_uniform", (), 0.0, sqrt(1 / IN), sqrt(3 / IN)),
        ("fan_out_normal", (), 0.0, sqrt(2 / OUT), 6 * sqrt(2 / OUT)),
        ("zeros", (), 0.0, 0.0, 0.0),
        ("ones", (), 1.0, 0.0, 1.0),
        ("constant", (0.25,), 0.25, 0.0, 0.25),
    ],
)
def test_distribution(kind: str, values: tuple[float, ...], mean: float, deviation: float, largest: float) -> None:
    array = draw(kind, *values)
    assert (array.shape, array.dtype) == (SHAPE, np.float32)
    assert float(array.mean(dtype=float)) == pytest.approx(mean, abs=0.01 * deviation + 1e-6)
    assert float(array.std(dtype=float)) == pytest.approx(deviation, rel=0.01, abs=1e-6)
    assert float(np.abs(array).max()) <= largest * 1.001


def test_orthogonal() -> None:
    for shape in ((64, 8), (8, 64), (3, 3, 2, 8)):
        matrix = draw("orthogonal", 2.0, shape=shape).reshape(-1, shape[-1])
        square = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-5)


def test_every_initialiser_of_the_language() -> None:
    for kind, parameters in KINDS.items():
        values = [0.5 if default is None else default for _, default in parameters]
        assert draw(kind, *values, shape=(4, 6)).shape == (4, 6)
        assert np.isfinite(draw(kind, *values, shape=(6,) if kind != "orthogonal" else (6, 1))).all()


def test_depends_on_the_key_and_the_seed_alone() -> None:
    first = draw("normal", shape=(8,))
    np.testing.assert_array_equal(first, draw("normal", shape=(8,)))
    assert not np.array_equal(first, draw("normal", shape=(8,), key="other/kernel"))
    assert not np.array_equal(first, draw("normal", shape=(8,), seed=1))


def test_places_that_a_depthwise_kernel_writes_to() -> None:
    array = draw("fan_out_normal", shape=(3, 3, 1, 512), drawn=(3, 3, 512, 1))
    assert float(array.std()) == pytest.approx(sqrt(2 / (9 * 512)), rel=0.05)


def test_a_depthwise_kernel_starts_as_in_keras() -> None:
    """Keras counts the channels among what each of its kernels reads."""
    array = draw("he_normal", shape=(3, 3, 1, 512), drawn=(3, 3, 512, 1))
    assert array.shape == (3, 3, 1, 512)
    assert float(array.std()) == pytest.approx(sqrt(2 / (9 * 512)), rel=0.05)
