"""Timing: medians of repeats, in this process and in fresh ones."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable


def here(work: Callable[[], object], repeats: int = 5) -> float:
    """Median seconds of a call in this process, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def alternating(first: Callable[[], object], second: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds of two calls, taken in turns so that both see the same machine."""
    first(), second()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for work, taken in zip((first, second), times, strict=True):
            gc.collect()
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def process(*arguments: str) -> None:
    """Runs Python in a fresh process."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cold(*commands: list[str], repeats: int = 5) -> list[float]:
    """Median wall seconds of fresh processes, taken in turns after one round that does not count."""
    times: list[list[float]] = [[] for _ in commands]
    for round_ in range(repeats + 1):
        for command, taken in zip(commands, times, strict=True):
            start = time.perf_counter()
            process(*command)
            if round_:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]
