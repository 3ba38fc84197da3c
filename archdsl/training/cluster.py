"""Trials on Ray: on a cluster, or in worker processes on this machine. All of them share the study's folder."""

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
"""The interval in seconds at which results are polled."""


def _trial(folder: str, name: str, train: Train | None) -> str:
    """Runs a trial in a Ray worker. Returns the reason if it failed, otherwise an empty string.

    It waits for any other worker that still runs this trial: one that Ray gave up, or one of a runner that was killed.
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
    """Runs trials on the Ray cluster at an address, or without one, up to ``jobs`` at once on this machine."""

    jobs: int = 1
    address: str | None = None
    train: Train | None = None
    """The function that runs a trial; by default with Keras."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        """Implements ``Engine``. The loss of a worker, or of Ray on this machine, costs only the unfinished epochs."""
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
    """The number of consecutive losses of a trial's worker, and of its finished epochs at the last one."""

    times: int = 0
    epochs: int = 0

    def another(self, epochs: int) -> _Losses:
        """The count after another loss; 1 if an epoch was finished since the last one."""
        return _Losses(self.times + 1 if epochs == self.epochs else 1, epochs)


class _End(NamedTuple):
    """The outcome of a task: success, failure with a reason, or a lost worker, after which it is started again."""

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
    """Connects to a cluster, or starts Ray on this machine, which takes seconds: once for all rounds of a search.

    The connection lasts until the process ends. A worker keeps its backend, so another backend takes a new connection.
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
