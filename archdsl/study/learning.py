"""How a model learned: its epochs, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Epoch(NamedTuple):
    """One pass over the training images, and the test after it. Accuracies are shares from 0 to 1."""

    number: int
    """From 1 on."""
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    """Training and test together."""


@dataclass(frozen=True, slots=True)
class Run:
    """The epochs of one trial so far."""

    epochs: tuple[Epoch, ...] = ()
    latency: float | None = None
    """Median seconds that one image takes; known when the trial is done."""
    is_done: bool = False
    ended: str = ""
    """Why it was ended before its last epoch, if a search did so."""

    @property
    def accuracy(self) -> float | None:
        """After the last epoch."""
        return self.epochs[-1].val_accuracy if self.epochs else None

    @property
    def seconds(self) -> float:
        """Of all epochs."""
        return sum(epoch.seconds for epoch in self.epochs)

    def reached(self, accuracy: float) -> tuple[int, float] | None:
        """The first epoch with such an accuracy, and the seconds until its end; ``None`` if there is none.

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
