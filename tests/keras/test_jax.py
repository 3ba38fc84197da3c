"""The models build and run on Keras's JAX backend too, in a process of its own: a process has one backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import archdsl

# Small, and together with most of the layers that Keras lacks.
MODELS = {
    "convnext_tiny": {"size": 32, "depths": [1, 1, 1, 1]},
    "vit_ti16": {"size": 32, "depth": 1},
    "swin_t": {"size": 64, "depths": [2, 1, 1, 1]},
}

_PROGRAM = """
import archdsl, keras, numpy as np
from tests.keras.test_jax import MODELS, answer
assert keras.backend.backend() == "jax"
for name in MODELS:
    print(name, repr(answer(name)))
"""


def answer(name: str) -> float:
    """A number that depends on every layer: the model's answer to a fixed image, all weights set by rule."""
    model = archdsl.load(name, **MODELS[name]).build()
    for weight in model.weights:
        value = np.cos(np.arange(np.prod(weight.shape, dtype=int))).reshape(weight.shape)
        weight.assign((1 + value / 2 if "variance" in weight.path else value / 4).astype("float32"))
    shape = (1, *model.input_shape[1:])
    image = np.sin(np.arange(np.prod(shape))).reshape(shape).astype("float32")
    logits = model.predict_on_batch(image)
    return float(np.abs(logits).max())


def test_models_answer_as_on_tensorflow() -> None:
    pytest.importorskip("jax", reason="JAX has no package for this Python")
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": "--xla_backend_optimization_level=0",
        },  # compiles sooner
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = {name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())}
    assert found == pytest.approx({name: answer(name) for name in MODELS}, rel=1e-3)
