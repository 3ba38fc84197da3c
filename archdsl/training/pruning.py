"""Pruning of a search: trials end early if their accuracy falls behind that of others after the same epoch.

The thresholds of a trial depend only on earlier rounds and are part of the plan. So a search that is resumed, or runs
another number of trials at once, prunes the same trials after the same epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final, Literal, TypeAlias

from archdsl.study.learning import Epoch, Run

Floors: TypeAlias = tuple[float, ...]
"""Pruning thresholds for the best accuracy of a trial so far, after each epoch but the last; 0 prunes nothing."""
_LEAST: Final = 5
"""The least number of trials that a median is taken of."""
_SHARE: Final = 4
"""The reduction factor of successive halving: one in this number of trials goes on, for this many times the epochs."""
_WARMUP: Final = 0.2
"""The share of the epochs at the start after which the median prunes nothing."""


def medians(runs: Sequence[Run], epochs: int) -> Floors:
    """Thresholds of Optuna's median pruner: the median accuracy of complete runs after each epoch; empty for few.

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


def rungs(runs: Sequence[Run], epochs: int) -> Floors:
    """Thresholds of asynchronous successive halving (Li et al. 2018, arXiv:1810.05934), as in Optuna's pruner.

    Rungs are the epochs 1, 4, 16, …. Of the trials that reached one, a trial goes on if it is among the best quarter,
    itself included, or the best of fewer than four.

    >>> runs = [Run(tuple(Epoch(n, 1, 1, 1, n * k / 50, 1) for n in (1, 2)), 0.1, True) for k in range(1, 8)]
    >>> rungs(runs, 6)
    (0.12, 0.0, 0.0, 0.0, 0.0)
    """
    floors = [0.0] * (epochs - 1)
    rung = 1
    while rung < epochs:
        reached = sorted((_best(run.epochs[:rung]) for run in runs if len(run.epochs) >= rung), reverse=True)
        if reached:
            floors[rung - 1] = reached[max(1, (len(reached) + 1) // _SHARE) - 1]
        rung *= _SHARE
    return tuple(floors)


def _best(epochs: Sequence[Epoch]) -> float:
    return max(epoch.val_accuracy for epoch in epochs)


Rule: TypeAlias = Literal["median", "halving"]
RULES: Final[Mapping[Rule, Callable[[Sequence[Run], int], Floors]]] = {"median": medians, "halving": rungs}
"""The functions that give thresholds for the runs of earlier rounds and the number of epochs."""


def behind(epochs: Sequence[Epoch], floors: Floors) -> str:
    """The reason if a trial is pruned after its latest epoch, by its best accuracy so far; otherwise empty."""
    if not 0 < len(epochs) <= len(floors):
        return ""
    best, floor = _best(epochs), floors[len(epochs) - 1]
    return f"{best:.1%} after epoch {len(epochs)}, where others had {floor:.1%}" if best < floor else ""
