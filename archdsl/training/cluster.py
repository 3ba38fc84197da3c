"""Trials on Ray: on its cluster, or on processes that it starts here. All of them share the study's folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import Hear
from archdsl.training.environment import limit_threads, settings
from archdsl.training.errors import StudyError

_TRIES: Final = 3
"""How often a trial is started again whose worker was lost."""
_LOOK: Final = 1.0
"""Seconds between two looks at the results."""


def trial(folder: str, name: str) -> str:
    """A trial in a worker of Ray: why it failed, or nothing."""
    home = Path(folder)
    plan = plans.load(home)
    os.environ.update(settings(plan.backend, plan.threads))
    limit_threads(plan.backend, plan.threads)
    from archdsl.training.trial import run

    try:
        run(home, plan, plan.trial(name))
    except (StudyError, OSError) as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Ray:
    """So many trials at once on the cluster at an address; on this machine if there is none."""

    jobs: int = 1
    address: str | None = None
    trial: Callable[[str, str], str] = trial
    """Has a trial of a folder run in a worker, and gives the reason if it failed."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        """As ``Engine`` says. A worker that is lost costs the epoch that it was at."""
        try:
            import ray
        except ImportError:
            raise StudyError("`--engine ray` takes Ray: `pip install 'archdsl[ray]'`") from None
        plan = plans.load(folder)
        _connect(ray, self.address, self.jobs * plan.threads, plan.backend)
        start = ray.remote(num_cpus=plan.threads, max_retries=_TRIES)(self.trial)
        names = {start.remote(str(folder.resolve()), name): name for name in trials}
        left = list(names)
        failed: dict[str, str] = {}
        told = {name: len(run.epochs) for name, run in store.read(folder).items()}
        try:
            while left:
                done, left = ray.wait(left, timeout=_LOOK)
                _tell(folder, set(trials), told, hear)
                for each in done:
                    try:
                        reason = ray.get(each)
                    except ray.exceptions.RayError as error:
                        reason = _reason(error)
                    if reason:
                        failed[names[each]] = reason
        finally:
            for each in left:  # after an error: nobody waits for them any more
                ray.cancel(each, force=True)
        return failed


def _reason(error: Exception) -> str:
    """What a task raised in its worker, or what became of the worker."""
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {(str(cause).splitlines() or [''])[0]}"


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
    here = {} if address else {"num_cpus": processors, "include_dashboard": False}
    ray.init(address=address, log_to_driver=False, **here)
    _connected[:] = [wanted]


def _tell(folder: Path, trials: set[str], told: dict[str, int], hear: Hear) -> None:
    for name, run in store.read(folder).items():
        if name in trials:
            for epoch in run.epochs[told.get(name, 0) :]:
                hear(name, epoch)
            told[name] = len(run.epochs)
