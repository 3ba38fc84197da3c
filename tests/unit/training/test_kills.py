"""A study whose processes are killed at random moments ends with the table of one that was left alone.

By default the trials are played, and there are few kills; `make kills` has fifty, over trials that Keras trains.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import archdsl
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.plan import CHECKPOINT, Plan, Variant
from archdsl.training.recipe import read

ROOT: Final = Path(__file__).parents[3]
KILLS: Final = int(os.environ.get("ARCHDSL_KILLS", "0"))
"""With trials of Keras; without it few, with played ones."""
WORKER: Final = "archdsl.training.worker" if KILLS else "tests.unit.training.played"
RUNNER: Final = """\
import sys
from pathlib import Path
from archdsl.training.engine import Local
from archdsl.training.run import run
failed = run(Path(sys.argv[1]), Local(2, sys.argv[2]))
sys.exit(str(failed) if failed else 0)
"""
TEXT: Final = """\
model Net(act: op = relu) :: [8, 8, 1] -> [10] {
  conv(4, k=3, stride=2) -> batch_norm -> act -> dropout(0.2) -> flatten -> dense(10) as head
}
model Smooth = Net(act=gelu)
"""


def prepared(folder: Path) -> Path:
    variants = tuple(Variant(name, archdsl.load_text(TEXT, name).graph) for name in ("Net", "Smooth"))
    epochs = 12 if KILLS else 6
    recipe = read(None, [f"epochs={epochs}", "batch=256", "augmentation.crop=0.0", "optimiser.rate=0.01"])
    folder.mkdir()
    plans.save(Plan("ablate", variants, (0, 1), "digits", recipe, "jax"), folder)
    return folder


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", RUNNER, str(folder), WORKER], env=environment, cwd=ROOT)


def children(process: int) -> list[int]:
    file = Path(f"/proc/{process}/task/{process}/children")
    tasks = Path(f"/proc/{process}/task")
    found = [each for task in tasks.glob("*/children") for each in task.read_text().split()] if file.exists() else []
    return [int(each) for each in found]


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


def test_processes_are_killed_at_random(tmp_path: Path) -> None:
    chance = random.Random(20)
    alone, killed = prepared(tmp_path / "alone"), prepared(tmp_path / "killed")
    assert start(alone).wait() == 0
    process, kills, runners = start(killed), 0, 0
    longest = 12.0 if KILLS else 1.0
    while kills < (KILLS or 3):
        time.sleep(chance.uniform(0, longest))
        if process.poll() is not None:  # it has all done: the rest of the kills meet a study that starts over
            assert known(killed) == known(alone)
            killed = prepared(tmp_path / f"killed-{kills}")
            process = start(killed)
            continue
        workers = children(process.pid)
        target = chance.choice([process.pid, *workers])
        os.kill(target, signal.SIGKILL)
        kills += 1
        if target == process.pid:
            runners += 1
            process.wait()
            process = start(killed)
    while process.wait():  # workers that were killed too often in a row count as failed, until they are tried again
        process = start(killed)
    assert runners
    assert known(killed) == known(alone)
    assert checkpoints(killed) == checkpoints(alone)
