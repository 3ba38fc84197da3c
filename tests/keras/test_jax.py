"""The models build and run on Keras's JAX backend too, in a process of its own: a process has one backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import archdsl

# Small, and together with most of the layers that Keras lacks.
MODELS: dict[str, dict[str, Any]] = {
    "convnext_tiny": {"size": 32, "depths": [1, 1, 1, 1]},
    "vit_ti16": {"size": 32, "depth": 1},
    "swin_t": {"size": 64, "depths": [2, 1, 1, 1]},
}

_PROGRAM = """
import sys, archdsl, keras
from pathlib import Path
from tests.keras.test_jax import MODELS, answer
assert keras.backend.backend() == "jax"
for name, params in MODELS.items():
    weights = Path(sys.argv[1], f"{name}.weights.h5")
    print(name, repr(answer(archdsl.load(name, **params).build(weights=weights))))
"""


def answer(model: keras.Model) -> float:
    """The largest of what the model answers to a fixed image."""
    shape = (1, *model.input_shape[1:])
    image = np.sin(np.arange(np.prod(shape))).reshape(shape).astype("float32")
    return float(np.abs(model.predict_on_batch(image)).max())


def expected(name: str, folder: Path) -> float:
    """What TensorFlow answers with weights that all count, which are left in the folder."""
    model = archdsl.load(name, **MODELS[name]).build()
    for weight in model.weights:
        value = np.cos(np.arange(np.prod(weight.shape, dtype=int))).reshape(weight.shape)
        weight.assign((1 + value / 2 if "variance" in weight.path else value / 4).astype("float32"))
    model.save_weights(folder / f"{name}.weights.h5")
    return answer(model)


def test_models_answer_as_on_tensorflow(tmp_path: Path) -> None:
    """With the weights that were saved there: nothing is initialised, which JAX would compile for each shape."""
    pytest.importorskip("jax", reason="JAX has no package for this Python")
    answers = {name: expected(name, tmp_path) for name in MODELS}
    quickly = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}  # to compile
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        env=os.environ | quickly,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = {name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())}
    assert found == pytest.approx(answers, rel=1e-3)
