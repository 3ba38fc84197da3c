"""How long a test waits for what should be done soon, on whatever machine it runs."""

from __future__ import annotations

from time import process_time

_ROUNDS = 1_000_000
_PACE = 0.035
"""Seconds of processor time that the rounds take on an idle machine that is quick."""


def patience(seconds: float) -> float:
    """As much time as ``seconds`` are on a quick machine: more on one that is slow, or busy just now."""
    start = process_time()
    total = 0
    for number in range(_ROUNDS):
        total += number
    return seconds * max(1.0, (process_time() - start) / _PACE)
