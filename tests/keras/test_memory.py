"""Activation memory against what frameworks need for the same models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import memory

# Few blocks and small images keep runs quick; `python -m scripts.memory` measures the whole models.
MODELS: dict[str, dict[str, object]] = {
    "resnet50": {"size": 64, "classes": 10, "depths": [2, 1, 1, 1]},
    "vgg16": {"size": 64, "classes": 10, "depths": [2, 2, 1, 1, 1]},
    "mobilenet_v2": {"size": 96, "classes": 10},
    "densenet121": {"size": 64, "classes": 10, "depths": [2, 2, 2, 2]},
    "efficientnet_b0": {"size": 64, "classes": 10},
    "vit_ti16": {"size": 224, "classes": 10, "depth": 2},
    "convnext_tiny": {"size": 64, "classes": 10, "depths": [1, 1, 2, 1]},
}


def agrees(way: str, name: str) -> None:
    ratio = memory.measure(way, name, **MODELS[name]).ratio
    assert 0.85 <= ratio <= 1.15, (name, ratio)


@pytest.mark.parametrize("name", ["resnet50", "vgg16", pytest.param("mobilenet_v2", marks=pytest.mark.full)])
def test_training_keeps_what_gradients_of_tensorflow_read(name: str) -> None:
    agrees("tensorflow-training", name)


@pytest.mark.parametrize("name", MODELS)
def test_inference_needs_what_a_run_with_pytorch_does(name: str) -> None:
    pytest.importorskip("torch", reason="PyTorch is no dependency of the project")
    agrees("pytorch-inference", name)


@pytest.mark.parametrize("name", sorted(MODELS.keys() - {"vgg16", "mobilenet_v2"}))
def test_training_needs_what_a_run_with_pytorch_does(name: str) -> None:
    # PyTorch's max-pool keeps places of 8 bytes, and its ReLU6 its input as well: see TensorFlow's for these two.
    pytest.importorskip("torch", reason="PyTorch is no dependency of the project")
    agrees("pytorch-training", name)


def ratios(*names: str) -> None:
    """What the subprocess prints: a line for each model."""
    memory.set_up("xla-inference")
    for name in names:
        print(name, f"{memory.measure('xla-inference', name, **MODELS[name]).ratio:.3f}", flush=True)


@pytest.mark.full
@pytest.mark.parametrize("names", [("resnet50",), ("vgg16", "mobilenet_v2")])
def test_inference_needs_what_xla_allocates(names: tuple[str, ...]) -> None:
    pytest.importorskip("jax", reason="JAX has no package for this Python")
    run = subprocess.run(  # of its own, for another backend
        [sys.executable, "-c", f"from tests.keras.test_memory import ratios; ratios(*{names!r})"],
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
