"""Which trials of a search end early: those that fall behind what others had reached by the same epoch.

What is asked of a trial depends on the rounds before alone and is part of the plan. So a search that goes on, or has
other trials at once, ends the same trials after the same epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final, TypeAlias

from archdsl.study.learning import Epoch, Run

Floors: TypeAlias = tuple[float, ...]
"""After each epoch but the last the accuracy that a trial must have had; 0 asks nothing."""
_LEAST: Final = 5
"""Trials of which a median says something."""
_WARMUP: Final = 0.2
"""The share of the epochs after which nothing is asked yet."""


def medians(runs: Sequence[Run], epochs: int) -> Floors:
    """The rule of Optuna's median pruner: half of the whole runs were better after the same epoch.

    >>> runs = [Run(tuple(Epoch(n, 1, 1, 1, n * k / 50, 1) for n in (1, 2, 3)), 0.1, True) for k in range(1, 6)]
    >>> medians(runs, 3), medians(runs[1:], 3)
    ((0.06, 0.12), ())
    """
    whole = [run.epochs for run in runs if run.is_done and not run.ended and len(run.epochs) == epochs]
    if len(whole) < _LEAST:
        return ()
    return tuple(
        median(run[index].val_accuracy for run in whole) if index + 1 > _WARMUP * epochs else 0.0
        for index in range(epochs - 1)
    )


def behind(epochs: Sequence[Epoch], floors: Floors) -> str:
    """Why a trial ends with its last epoch; empty if it does not. Its best accuracy so far is what counts."""
    if not 0 < len(epochs) <= len(floors):
        return ""
    best, floor = max(epoch.val_accuracy for epoch in epochs), floors[len(epochs) - 1]
    return f"{best:.1%} after epoch {len(epochs)}, where others had {floor:.1%}" if best < floor else ""
