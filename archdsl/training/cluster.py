"""Trials on Ray: on its cluster, or on processes that it starts here. All of them share the study's folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import TRIES, Hear
from archdsl.training.environment import settings
from archdsl.training.errors import StudyError
from archdsl.training.lock import locked
from archdsl.training.worker import Train, with_keras

_LOOK: Final = 1.0
"""Seconds between two looks at the results."""


def _trial(folder: str, name: str, train: Train | None) -> str:
    """A trial in a worker of Ray: why it failed, or nothing.

    It waits for a worker that still has this trial: one that Ray gave up, or that had it from a runner that was killed.
    """
    plan = plans.load(Path(folder))
    os.environ.update(settings(plan.backend, plan.threads))
    home = Path(folder, "trials", name)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with locked(home):
            (train or with_keras(plan))(Path(folder), plan, plan.trial(name), lambda _: None)
    except (StudyError, OSError) as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Ray:
    """So many trials at once on the cluster at an address; on this machine if there is none."""

    jobs: int = 1
    address: str | None = None
    train: Train | None = None
    """What has a trial run; that of Keras when not given."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        """As ``Engine`` says. A worker that is lost, or Ray on this machine, costs the epochs that were under way."""
        try:
            import ray
        except ImportError:
            raise StudyError("`--engine ray` takes Ray: `pip install 'archdsl[ray]'`") from None
        plan = plans.load(folder)
        start = ray.remote(num_cpus=plan.threads, max_retries=0)(_trial)
        told = {name: len(run.epochs) for name, run in store.read(folder).items()}
        waiting, running, failed = list(trials), dict[Any, str](), dict[str, str]()
        losses: dict[str, _Losses] = {}
        try:
            while waiting or running:
                _connect(ray, self.address, self.jobs * plan.threads, plan.backend)
                running |= {start.remote(str(folder.resolve()), name, self.train): name for name in waiting}
                done, _ = ray.wait(list(running), timeout=_LOOK)
                _tell(folder, set(trials), told, hear)
                ends = {running.pop(task): _end(ray, task) for task in done}
                if any(end.is_without_ray for end in ends.values()):
                    ends |= dict.fromkeys(running.values(), _End("Ray ended", is_lost=True))
                    running.clear()
                    ray.shutdown()
                waiting = []
                for name, end in ends.items():
                    if end.is_lost:
                        losses[name] = losses.get(name, _Losses()).another(told.get(name, 0))
                        if losses[name].times < TRIES:
                            waiting.append(name)
                            continue
                    if end.reason:
                        failed[name] = end.reason
                    else:
                        hear(name, None)
        finally:
            for task in running:  # after an error: nobody waits for them any more
                ray.cancel(task, force=True)
        return failed


class _Losses(NamedTuple):
    """How often a trial lost its worker in a row, and after how many epochs."""

    times: int = 0
    epochs: int = 0

    def another(self, epochs: int) -> _Losses:
        """One more; the first if there was an epoch since the last."""
        return _Losses(self.times + 1 if epochs == self.epochs else 1, epochs)


class _End(NamedTuple):
    """What became of a task: it failed for a reason, or did not; or it has to be started again."""

    reason: str = ""
    is_lost: bool = False
    is_without_ray: bool = False


def _end(ray: Any, task: Any) -> _End:
    errors = ray.exceptions
    try:
        return _End(ray.get(task))
    except errors.RayTaskError as error:
        return _End(_words(error.cause))
    except errors.RayError as error:
        return _End(_words(error), is_lost=True, is_without_ray=isinstance(error, errors.LocalRayletDiedError))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


_connected: Final[list[tuple[Any, ...]]] = []


def _connect(ray: Any, address: str | None, processors: int, backend: str) -> None:
    """Joins a cluster, or starts Ray here, which takes seconds: once for all rounds of a search.

    It lasts until the process ends. Workers have one backend for life, so that another one starts anew.
    """
    wanted = (address, processors, backend)
    if ray.is_initialized() and _connected == [wanted]:
        return
    ray.shutdown()
    os.environ.setdefault("RAY_worker_niceness", "0")  # trials here have the rank of this process, not one far below
    address = address or os.environ.get("RAY_ADDRESS") or "local"  # Ray by itself joins what else runs here
    here = {"num_cpus": processors, "include_dashboard": False} if address == "local" else {}
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **here)
    _connected[:] = [wanted]


def _tell(folder: Path, trials: set[str], told: dict[str, int], hear: Hear) -> None:
    for name, run in store.read(folder).items():
        if name in trials:
            for epoch in run.epochs[told.get(name, 0) :]:
                hear(name, epoch)
            told[name] = len(run.epochs)
