"""Learning curves: the epochs of a training run, and figures derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Epoch(NamedTuple):
    """The metrics of one epoch of training, and of the validation after it. Accuracies are fractions from 0 to 1."""

    number: int
    """The number of the epoch, from 1."""
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    """The duration of training and validation together."""


@dataclass(frozen=True, slots=True)
class Run:
    """The epochs of one trial so far."""

    epochs: tuple[Epoch, ...] = ()
    latency: float | None = None
    """The median latency of one image in seconds; known when the trial is done."""
    is_done: bool = False
    ended: str = ""
    """The reason if a search has pruned it, otherwise empty."""

    @property
    def accuracy(self) -> float | None:
        """The validation accuracy after the last epoch."""
        return self.epochs[-1].val_accuracy if self.epochs else None

    @property
    def seconds(self) -> float:
        """The seconds of all epochs together."""
        return sum(epoch.seconds for epoch in self.epochs)

    def reached(self, accuracy: float) -> tuple[int, float] | None:
        """The first epoch that reaches an accuracy, and the seconds until its end; ``None`` if there is none.

        >>> run = Run((Epoch(1, 2.0, 0.3, 2.0, 0.5, 4.0), Epoch(2, 1.0, 0.6, 1.0, 0.8, 4.5)))
        >>> run.reached(0.8), run.reached(0.9)
        ((2, 8.5), None)
        """
        seconds = 0.0
        for epoch in self.epochs:
            seconds += epoch.seconds
            if epoch.val_accuracy >= accuracy:
                return epoch.number, seconds
        return None
