"""A study whose processes are killed at random moments ends with the table of one that was left alone.

By default the trials are played, and there are few kills; `make kills` has fifty with each engine. On this machine's
processes the trials are then those that Keras trains.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import pytest

import archdsl
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.plan import CHECKPOINT, Plan, Variant
from archdsl.training.recipe import read

ROOT: Final = Path(__file__).parents[3]
KILLS: Final = int(os.environ.get("ARCHDSL_KILLS", "0"))
WORKER: Final = "archdsl.training.worker" if KILLS else "tests.unit.training.played"
RUNNER_ITSELF: Final = ""
TASK: Final = "ray::_trial"
"""What `/proc` calls a worker of Ray that has a trial."""
RUNNER: Final = """\
import sys
from pathlib import Path
from archdsl.training.cluster import Ray
from archdsl.training.engine import Local
from archdsl.training.run import run
from tests.unit.training.played import train
failed = run(Path(sys.argv[1]), {engine})
sys.exit(str(failed) if failed else 0)
"""
TEXT: Final = """\
model Net(act: op = relu) :: [8, 8, 1] -> [10] {
  conv(4, k=3, stride=2) -> batch_norm -> act -> dropout(0.2) -> flatten -> dense(10) as head
}
model Smooth = Net(act=gelu)
"""


def prepared(folder: Path, epochs: int = 6) -> Path:
    variants = tuple(Variant(name, archdsl.load_text(TEXT, name).graph) for name in ("Net", "Smooth"))
    recipe = read(None, [f"epochs={epochs}", "batch=256", "augmentation.crop=0.0", "optimiser.rate=0.01"])
    folder.mkdir()
    plans.save(Plan("ablate", variants, (0, 1), "digits", recipe, "jax"), folder)
    return folder


def children(process: int) -> list[int]:
    found: list[int] = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found += map(int, file.read_text().split())
    return found


def below(process: int) -> list[int]:
    """Its children, theirs, and so on."""
    return [each for child in children(process) for each in (child, *below(child))]


def called(process: int) -> str:
    """The name of a process, which Linux cuts off; empty if it has ended."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def known(folder: Path) -> list[Any]:
    return sorted((name, run.is_done, [epoch[:-1] for epoch in run.epochs]) for name, run in store.read(folder).items())


def checkpoints(folder: Path) -> dict[str, bytes]:
    """Arrays as bytes: the rows beside them have times."""
    from archdsl.training.checkpoint import read as checkpoint

    found = {}
    for file in sorted(folder.glob(f"trials/*/{CHECKPOINT}")):
        state = checkpoint(file)
        assert state is not None
        found[file.parent.name] = b"".join(array.tobytes() for array in state.variables)
    return found


@dataclass(frozen=True)
class Disturbed:
    """A study that is killed at random until it has ended, and one that is left alone."""

    home: Path
    engine: str
    """As an expression."""
    epochs: int

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", RUNNER.format(engine=self.engine), str(folder)]
        return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT)

    def run(self, kills: int, victim: Callable[[int, int], int]) -> int:
        """Has ``kills`` processes killed; gives how many of them were runners.

        ``victim`` waits for a moment, and says which process it is, told the runner and how many were killed before. A
        study that has ended is compared, and the rest of the kills meets another one.
        """
        alone, killed = prepared(self.home / "alone", self.epochs), prepared(self.home / "killed", self.epochs)
        assert self.start(alone).wait() == 0
        process, done, runners = self.start(killed), 0, 0
        while done < kills:
            target = victim(process.pid, done)
            if process.poll() is not None:
                if not process.returncode:
                    self.compare(alone, killed)
                    killed = prepared(self.home / f"killed-{done}", self.epochs)
                process = self.start(killed)
                continue
            try:
                os.kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue
            done += 1
            if target == process.pid:
                runners += 1
                process.wait()
                process = self.start(killed)
        while process.wait():  # workers that were killed too often in a row count as failed, until they are tried again
            process = self.start(killed)
        self.compare(alone, killed)
        return runners

    @staticmethod
    def compare(alone: Path, killed: Path) -> None:
        assert known(killed) == known(alone)
        assert checkpoints(killed) == checkpoints(alone)


def test_processes_are_killed_at_random(tmp_path: Path) -> None:
    chance = random.Random(20)

    def victim(runner: int, _: int) -> int:
        time.sleep(chance.uniform(0, 12.0 if KILLS else 1.0))
        return chance.choice([runner, *children(runner)])

    study = Disturbed(tmp_path, f"Local(2, {WORKER!r})", 12 if KILLS else 6)
    assert study.run(KILLS or 3, victim)


def on_ray(kinds: Sequence[str], node: int | None = None) -> Callable[[int, int], int]:
    """Victims, of one kind after the other: the name of processes below the runner or a ``node``, or the runner."""
    chance = random.Random(4)

    def victim(runner: int, done: int) -> int:
        kind = kinds[done % len(kinds)]
        found = [runner]
        while kind and Path(f"/proc/{runner}/exe").exists():  # it has no more when it has ended
            found = [each for each in below(node or runner) if called(each) == kind]
            if found:
                break
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 1.0 if kind else 10.0))
        return chance.choice(found or [runner])

    return victim


needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="runs trials on Ray: `pip install 'archdsl[ray]'`")


@needs_ray
def test_processes_on_ray_are_killed_at_random(tmp_path: Path) -> None:
    """Workers, the node that the runner has started, and the runner."""
    study = Disturbed(tmp_path, "Ray(2, train=train)", 60)
    assert study.run(KILLS or 4, on_ray([TASK, "raylet", TASK, RUNNER_ITSELF, TASK, TASK]))


@needs_ray
@pytest.mark.full
def test_processes_on_a_cluster_are_killed_at_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers and the runner, whose successor finds a Ray that still runs."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus=2", "--port=6380"]
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", token_hex(32))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": "jax"}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE) as cluster:
        assert cluster.stdout is not None
        try:
            assert any(b"Ray runtime started" in line for line in cluster.stdout)
            study = Disturbed(tmp_path, "Ray(2, '127.0.0.1:6380', train)", 60)
            assert study.run(KILLS or 4, on_ray([TASK, TASK, RUNNER_ITSELF], cluster.pid))
        finally:
            cluster.terminate()
