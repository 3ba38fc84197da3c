"""Programs that nobody wrote, computed: by TensorFlow, by JAX and by the definitions, and what trains in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keras.agreement import program_differences

PROGRAMS = int(os.environ.get("ARCHDSL_VALUES", "12"))
ON_JAX = int(os.environ.get("ARCHDSL_VALUES", "2"))
"""`make differential` asks for more."""


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_on_tensorflow(seed: int) -> None:
    assert program_differences(seed) == []


def test_on_jax() -> None:
    """In a process of its own, as a process has one backend; few programs, as each op of each shape is compiled."""
    pytest.importorskip("jax", reason="JAX has no package for this Python")
    quickly = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}  # to compile
    run = subprocess.run(
        [sys.executable, "-m", "tests.keras.agreement", "0", str(ON_JAX)],
        env=os.environ | quickly,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "jax: 0 programs differ\n"
