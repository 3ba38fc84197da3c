"""``float32 { … }``: a part that computes in float32 whatever the policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import archdsl
from archdsl.backends.keras.build import build

SPEC = """
block Head(classes: int) :: [_] -> [classes] { dense(classes) -> exp -> add { id, softmax } }

model Net(classes: int = 5) :: [8, 8, 3] -> (logits: [classes], map: [4]) {
  conv(4) as stem -> batch_norm -> relu -> square
  -> global_avg_pool as pooled
  -> ports {
    logits: float32 { Head(classes) -> negative }
    map:    float32 { l2_normalize } -> add { id, square } -> dense(4) -> abs
  }
}
"""
PRECISE = {"head.dense", "head.exp", "head.add.1.softmax", "head.add", "negative", "l2_normalize"}


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    assert keras.config.dtype_policy().name == request.param, "as it was before the model was made"
    keras.config.set_dtype_policy(before)


def dtypes(model: keras.Model) -> dict[str, str]:
    return {operation.name: keras.backend.standardize_dtype(operation.output.dtype) for operation in model.operations}


def named(path: str) -> str:
    return path.removeprefix("logits.").removeprefix("map.")


def test_a_part_computes_in_float32(policy: str, tmp_path: Path) -> None:
    graph = archdsl.load_text(SPEC).graph
    assert {named(node.path) for node in graph if node.float32} == PRECISE
    model = build(graph)
    half = policy.removeprefix("mixed_")
    found = dtypes(model)
    for node in graph:
        assert found[node.path] == ("float32" if node.float32 else half), node.path
    logits, other = (model.output[name] for name in ("logits", "map"))
    assert (logits.dtype, other.dtype) == ("float32", half)

    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    before = {name: np.asarray(keras.ops.cast(y, "float32")) for name, y in model(x).items()}
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert dtypes(again) == found
    for name, y in again(x).items():
        np.testing.assert_array_equal(np.asarray(keras.ops.cast(y, "float32")), before[name])


def test_what_16_bits_do_not_hold(policy: str) -> None:
    """The exponential of 12 is beyond float16, and bfloat16 knows three of its digits."""
    text = "model M() :: [4] -> [4] {{ rescale(1.0) -> {} }}"
    x = np.full((1, 4), 12.0, "float32")
    inside, outside = (
        np.asarray(
            keras.ops.cast(build(archdsl.load_text(text.format(flow)).graph)(keras.ops.cast(x, half)), "float32")
        )
        for half in [policy.removeprefix("mixed_")]
        for flow in ("float32 { exp }", "relu -> exp")
    )
    np.testing.assert_allclose(inside, np.exp(x), rtol=1e-6)
    assert not np.allclose(outside, np.exp(x), rtol=1e-4)


def test_nothing_changes_in_float32() -> None:
    model = build(archdsl.load_text(SPEC).graph)
    plain = build(archdsl.load_text(SPEC.replace("float32 {", "{")).graph)
    assert [operation.name for operation in model.operations] == [operation.name for operation in plain.operations]


def test_constants_have_the_precision_of_their_part(policy: str) -> None:
    text = """
    model M() :: [4, 3] -> (inside: [4, 3], outside: [4, 3]) {
      float32 { parameter([4, 3], init=constant(1.001)) } as p
      -> ports { inside: float32 { p -> square }  outside: p -> square }
    }
    """
    found = dtypes(build(archdsl.load_text(text).graph))
    assert {name: found[name] for name in found if name.endswith("square")} == {
        "inside.square": "float32",
        "outside.square": policy.removeprefix("mixed_"),
    }
