"""A worker whose trials are sums of random numbers: what a study does around its training, without Keras."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from archdsl.study.learning import Epoch
from archdsl.training import checkpoint, store, worker
from archdsl.training.chance import number
from archdsl.training.plan import CHECKPOINT, Plan, Trial

SECONDS = 0.05
"""Of an epoch."""


def train(folder: Path, plan: Plan, trial: Trial, told: Callable[[Epoch], None]) -> None:
    """As a trial of Keras: its state after an epoch depends on the state before, the seed and the epoch."""
    home = folder / "trials" / trial.name
    home.mkdir(parents=True, exist_ok=True)
    state = checkpoint.read(home / CHECKPOINT)
    epochs, weights = (list(state.epochs), state.variables[0]) if state else ([], np.zeros(20_000))
    store.add(folder, trial.name, *epochs)
    for epoch in range(len(epochs), plan.recipe.epochs):
        time.sleep(SECONDS)
        weights = weights * 0.9 + np.random.default_rng(number(trial.seed, trial.variant, epoch)).random(len(weights))
        epochs.append(Epoch(epoch + 1, 1.0, 1.0, 1.0, float(weights.mean()), SECONDS))
        store.add(folder, trial.name, epochs[-1])
        checkpoint.write(home / CHECKPOINT, epochs, [weights])
        told(epochs[-1])
    store.end(folder, trial.name, 0.0)


if __name__ == "__main__":
    worker.main(Path(sys.argv[1]), train)
