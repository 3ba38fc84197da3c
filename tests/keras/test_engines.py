"""Processes of this machine and Ray come to the same results, and so does a study in the process itself."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.cluster import Ray
from archdsl.training.engine import Local
from archdsl.training.run import run
from tests.keras.test_training import known, plan, shown
from tests.unit.training.test_kills import checkpoints, children

BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}"))
    for name in ("tensorflow", "jax", "torch")
]


@pytest.mark.full
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_that_is_killed(backend: str, tmp_path: Path) -> None:
    """After the first epoch; another one goes on, and ends with the same state."""
    states = []
    for name in ("alone", "killed"):
        folder = tmp_path / name
        folder.mkdir()
        plans.save(replace(plan("augmentation.crop=0.125"), backend=backend), folder)
        found: list[int] = []

        def kill(_: str, folder: Path = folder, found: list[int] = found) -> None:
            if folder.name == "killed" and store.read(folder) and not found:
                found += children(os.getpid())
                for process in found:
                    os.kill(process, signal.SIGKILL)

        assert run(folder, Local(1), kill) == {}
        assert bool(found) == (name == "killed")
        states.append((known(folder), checkpoints(folder)))
    assert states[0] == states[1]


def test_an_ablation_comes_to_the_same_table_with_both_engines(tmp_path: Path) -> None:
    """Two variants with two seeds, in two processes of this machine, and then in one of Ray, if it is installed."""
    found = []
    for name, engine in {"first": Local(2), "second": Ray(1) if find_spec("ray") else Local(1)}.items():
        folder = tmp_path / name
        folder.mkdir()
        plans.save(plan(names=("Digits", "Smooth"), seeds=2), folder)
        heard: list[str] = []
        assert run(folder, engine, heard.append) == {}
        assert heard[-1].startswith("4 of 4 trials done; ")
        assert len(heard) == 1 + 4 * (2 + 1)
        found.append((shown(folder), known(folder), checkpoints(folder)))
    assert found[0] == found[1]
    assert [is_done for _, is_done, _ in found[0][1]] == [True] * 4
    assert "| Smooth | 2 |" in found[0][0]
