"""Trials on Ray, on this machine: the same results, also when a worker is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from archdsl.study.learning import Epoch
from archdsl.training import lock
from archdsl.training import plan as plans
from archdsl.training.cluster import Ray, _trial
from archdsl.training.engine import Local
from archdsl.training.plan import Plan, Trial
from archdsl.training.run import run
from tests.unit.training.test_kills import checkpoints, known, prepared

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="runs trials on Ray: `pip install 'archdsl[ray]'`")


def played(home: Path, plan: Plan, trial: Trial, told: Callable[[Epoch], None]) -> None:
    """A trial without Keras. In one folder, the workers of three trials are killed: see the test."""
    from tests.unit.training.played import train

    fate = trial.name if home.name == "killed" else ""
    if fate == "001-0":
        raise OSError("no space left on device")
    if fate == "000-1":
        os.kill(os.getpid(), signal.SIGKILL)
    train(home, plan, trial, lambda _: os.kill(os.getpid(), signal.SIGKILL) if fate == "000-0" else None)


def test_ray_comes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is lost after an epoch costs nothing, however often; one that is lost before it is given up."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    folders = [prepared(tmp_path / name) for name in ("local", "ray", "killed")]
    assert run(folders[0], Local(2, "tests.unit.training.played")) == {}
    heard: list[str] = []
    assert run(folders[1], Ray(2, train=played), heard.append) == {}
    assert len(heard) > len(plans.load(folders[1]).trials)
    assert known(folders[1]) == known(folders[0])
    assert checkpoints(folders[1]) == checkpoints(folders[0])
    reasons = run(folders[2], Ray(2, train=played))
    assert set(reasons) == {"001-0", "000-1"}
    assert reasons["001-0"] == "no space left on device"
    assert reasons["000-1"].startswith("WorkerCrashedError: ")
    assert known(folders[2]) == [each for each in known(folders[0]) if each[0] not in reasons]
    assert checkpoints(folders[2]).items() <= checkpoints(folders[0]).items()


def test_a_trial_waits_for_a_worker_that_still_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_WAIT", 0.3)
    folder = prepared(tmp_path / "s")
    home = folder / "trials" / "000-0"
    home.mkdir(parents=True)
    with lock.locked(home):
        assert _trial(str(folder), "000-0", played) == f"{home} is at work in another process"
    assert _trial(str(folder), "000-0", played) == ""
