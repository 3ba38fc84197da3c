"""What is shared is right for inputs of every size and rank that the proof admits: as if written out for each."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from tests.unit.keras.harness import noise

Array = np.ndarray[Any, Any]
CASES: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = [
    ("avg_pool(3, stride=2, pad=1, count_pad=false)", (7, 7, 4), (8, 8, 4)),
    ("max_pool(3, stride=2, pad=[[0, 1], [0, 1]])", (8, 8, 4), (7, 7, 4)),
    ("adaptive_avg_pool(2)", (8, 8, 4), (6, 6, 4)),
    ("adaptive_avg_pool(3)", (6, 6, 4), (7, 7, 4)),
    ("roll(1)", (8, 8, 4), (6, 4)),
    ("flatten_spatial", (8, 8, 4), (4, 4, 4)),
    ("reshape([-1, 2])", (8, 8, 4), (4, 4, 4)),
    ("normalize(mean=1.0, variance=2.0)", (8, 8, 4), (6, 4)),
    ("normalize", (8, 8, 4), (6, 4)),
    ("conv(3, k=3, stride=2, pad=1)", (7, 7, 4), (8, 8, 4)),
    # with one channel, TensorFlow 2.21 reads past the end of so narrow a map, where oneDNN has AVX-512
    ("conv(3, k=5, stride=[1, 2])", (9, 9, 2), (9, 2, 2)),
    ("conv_transpose(3, k=3, stride=2, pad=0, output_pad=1)", (3, 3, 4), (2, 4, 4)),
    ("dense(3)", (5, 5, 4), (4,)),
    ("batch_norm", (5, 5, 4), (4,)),
    ("batch_norm", (5, 4), (3, 3, 4)),
    ("layer_norm", (5, 5, 4), (4,)),
    ("group_norm(2)", (5, 5, 4), (6, 4)),
    ("rms_norm(init=normal(1.0))", (5, 5, 4), (4,)),
    ("attention(2)", (3, 5, 4), (6, 4)),
    ("attention(2)", (6, 4), (2, 2, 3, 4)),
    ("class_token(2)", (6, 4), (3, 4)),
    ("scale(bias=true)", (6, 4), (4,)),
    ("scale(bias=true)", (3, 5, 4), (2, 2, 4)),
]


@pytest.mark.parametrize(("step", "first", "second"), CASES, ids=str)
def test_as_written_out(step: str, first: tuple[int, ...], second: tuple[int, ...]) -> None:
    shared = archdsl.load_text(
        f"model M() :: (x: {[*first]}, y: {[*second]}) -> (p: [...], q: [...]) {{\n"
        f"  shared part = {step}\n  ports {{ p: x -> part  q: y -> part }}\n}}"
    ).build()
    arrays = [noise(2, *first), noise(2, *second)]
    _settle(shared)
    answers = shared([*arrays])
    for name, shape, x in zip("pq", (first, second), arrays, strict=True):
        alone = archdsl.load_text(f"model M() :: {[*shape]} -> [...] {{ {step} }}").build()
        assert len(alone.weights) == len(shared.weights)
        alone.set_weights(shared.get_weights())
        _finalize(alone)
        np.testing.assert_allclose(answers[name], alone(x), rtol=1e-5, atol=1e-5, err_msg=name)


def _settle(model: keras.Model) -> None:
    """Weights that all count."""
    for seed, weight in enumerate(model.weights):
        if "int" not in weight.dtype:
            value = noise(*weight.shape, seed=seed)
            weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
    _finalize(model)


def _finalize(model: keras.Model) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def test_a_head_for_the_levels_of_a_pyramid() -> None:
    model = archdsl.load_text(
        """
        block Head(anchors: int) :: [h, w, c] -> [h * w, anchors * 4] {
          conv(c) -> relu -> conv(anchors * 4) -> flatten_spatial
        }
        model Boxes() :: (p3: [8, 8, 6], p4: [4, 4, 6]) -> [8 * 8 + 4 * 4, 36] {
          shared head = Head(9)
          concat(axis=0) { { p3 -> head }, { p4 -> head } }
        }
        """
    ).build()
    assert model.output_shape == (None, 80, 36)
    assert len(model.weights) == 4
