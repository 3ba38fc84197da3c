"""Trials on Ray, on this machine: the same results, also when a worker is killed."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest

from archdsl.training import plan as plans
from archdsl.training.cluster import Ray
from archdsl.training.engine import Local
from archdsl.training.run import run
from tests.unit.training.test_kills import checkpoints, known, prepared

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="runs trials on Ray: `pip install 'archdsl[ray]'`")


def played(folder: str, name: str) -> str:
    """A trial without Keras. In each folder, the first worker that has one epoch done is killed."""
    from tests.unit.training.played import train

    home = Path(folder)
    plan = plans.load(home)

    def told(_: object) -> None:
        if home.name == "killed":
            try:
                (home / "kill").touch(exist_ok=False)
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)

    train(home, plan, plan.trial(name), told)
    return "" if home.name != "failing" else "no space left on device"


def test_ray_comes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    folders = [prepared(tmp_path / name) for name in ("local", "ray", "killed", "failing")]
    assert run(folders[0], Local(2, "tests.unit.training.played")) == {}
    heard: list[str] = []
    assert run(folders[1], Ray(2, trial=played), heard.append) == {}
    assert len(heard) > len(plans.load(folders[1]).trials)
    assert run(folders[2], Ray(2, trial=played)) == {}
    assert (folders[2] / "kill").exists()
    for folder in folders[1:3]:
        assert known(folder) == known(folders[0])
        assert checkpoints(folder) == checkpoints(folders[0])
    assert set(run(folders[3], Ray(2, trial=played)).values()) == {"no space left on device"}
