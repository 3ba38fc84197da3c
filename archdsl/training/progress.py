"""The progress of a study in one line: finished trials, the estimated time left, and the latest accuracy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TypeAlias

from archdsl.study.learning import Epoch, Run
from archdsl.training.plan import Plan, Trial

Telling: TypeAlias = Callable[[str], None]


class Progress:
    """A callback that reports progress after each epoch, and when a trial has ended, early or not, with ``None``."""

    def __init__(self, plan: Plan, runs: Mapping[str, Run], telling: Telling, total: int = 0) -> None:
        """``total`` is the final number of trials, if some are not planned yet."""
        self._trials = {trial.name: trial for trial in plan.trials}
        self._epochs = plan.recipe.epochs
        self._total = max(total, len(self._trials))
        self._left = {
            name: self._epochs - len(runs[name].epochs) if name in runs else self._epochs
            for name in self._trials
            if name not in runs or not runs[name].is_done
        }
        self._heard = 0
        self._lock = Lock()
        self._started = time.monotonic()
        self._telling = telling
        self._last = "starting"
        self._tell()

    def __call__(self, name: str, epoch: Epoch | None) -> None:
        with self._lock:  # each trial has a thread that calls
            if epoch is None:
                self._left.pop(name, None)
            else:
                self._heard += 1
                self._left[name] = self._epochs - epoch.number
                self._last = self._words(self._trials[name], epoch)
            self._tell()

    def _words(self, trial: Trial, epoch: Epoch) -> str:
        place = f"epoch {epoch.number} of {self._epochs}, accuracy {epoch.val_accuracy:.1%}"
        return f"{trial.variant}, seed {trial.seed}: {place}"

    def _tell(self) -> None:
        planned = len(self._trials)
        words = [f"{planned - len(self._left)} of {self._total} trials done"]
        left = sum(self._left.values()) + (self._total - planned) * self._epochs
        if self._heard and left:
            words.append(f"{_time(left * (time.monotonic() - self._started) / self._heard)} left")
        self._telling("; ".join([", ".join(words), self._last]))


def _time(seconds: float) -> str:
    """A duration in the largest unit of which there are at least two, or in seconds.

    >>> [_time(s) for s in (0.4, 100, 500, 8000, 200_000)]
    ['0 s', '100 s', '8 min', '2.2 h', '56 h']
    """
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 119.5 else f"{hours:.{1 if hours < 9.95 else 0}f} h"
