"""Trials on Ray: on its cluster, or on processes that it starts here. All of them share the study's folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
        if self.address:
            store.share(folder)
        here = {} if self.address else {"num_cpus": self.jobs * plan.threads, "include_dashboard": False}
        variables = settings(plan.backend, plan.threads)
        ray.init(address=self.address, runtime_env={"env_vars": variables}, log_to_driver=False, **here)
        try:
            start = ray.remote(num_cpus=plan.threads, max_retries=_TRIES)(self.trial)
            names = {start.remote(str(folder.resolve()), name): name for name in trials}
            failed: dict[str, str] = {}
            told = {name: len(run.epochs) for name, run in store.read(folder).items()}
            left = list(names)
            while left:
                done, left = ray.wait(left, timeout=_LOOK)
                _tell(folder, set(trials), told, hear)
                for each in done:
                    try:
                        reason = ray.get(each)
                    except ray.exceptions.RayError as error:
                        reason = str(error).splitlines()[0]
                    if reason:
                        failed[names[each]] = reason
            return failed
        finally:
            ray.shutdown()


def _tell(folder: Path, trials: set[str], told: dict[str, int], hear: Hear) -> None:
    for name, run in store.read(folder).items():
        if name in trials:
            for epoch in run.epochs[told.get(name, 0) :]:
                hear(name, epoch)
            told[name] = len(run.epochs)
