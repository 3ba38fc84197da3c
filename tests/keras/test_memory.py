"""Activation memory against what XLA allocates for the same models, in a process of its own: it has another backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import memory

# Few blocks and small images keep compiling quick; `python -m scripts.memory` measures the whole models.
MODELS: dict[str, dict[str, object]] = {
    "resnet50": {"size": 96, "classes": 10, "depths": [2, 1, 1, 1]},
    "vgg16": {"size": 64, "classes": 10, "depths": [2, 2, 1, 1, 1]},
    "mobilenet_v2": {"size": 96, "classes": 10},
}


def ratios(mode: str, *names: str) -> None:
    """What the subprocess prints: a line for each model."""
    training = mode == "training"
    memory.set_up(training=training)
    for name in names:
        print(name, f"{memory.measure(name, training=training, **MODELS[name]).ratio:.3f}", flush=True)


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("inference", ("resnet50", "vgg16")),
        ("training", ("resnet50",)),
        pytest.param("inference", ("mobilenet_v2",), marks=pytest.mark.full),
        pytest.param("training", ("mobilenet_v2",), marks=pytest.mark.full),
    ],
)
def test_activation_memory_is_what_a_run_allocates(mode: str, names: tuple[str, ...]) -> None:
    pytest.importorskip("jax", reason="JAX has no package for this Python")
    program = f"from tests.keras.test_memory import ratios; ratios({mode!r}, *{names!r})"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = {name: float(ratio) for name, ratio in (line.split() for line in run.stdout.splitlines())}
    assert found.keys() == set(names)
    assert all(0.85 <= ratio <= 1.15 for ratio in found.values()), found
