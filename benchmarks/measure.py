"""Timing and memory: medians of repeats that take turns, in this process and in fresh ones."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One row of the report. ``ratio`` is ours over the alternative's; ``limit`` is what it must not pass."""

    what: str
    ours: str
    against: str
    theirs: str
    ratio: float
    limit: float


def ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def against(what: str, ours: float, alternative: str, theirs: float, limit: float) -> Line:
    """A row of two times in seconds."""
    return Line(what, ms(ours), alternative, ms(theirs), ours / theirs, limit)


def alternating(*works: Callable[[], object], repeats: int, prepare: Callable[[], object] = gc.collect) -> list[float]:
    """Median seconds of each call, taken in turns so that all see the same machine, after a round that does not count.

    ``prepare`` is called before each, untimed.
    """
    times: list[list[float]] = [[] for _ in works]
    for turn in range(repeats + 1):
        for work, taken in zip(works, times, strict=True):
            prepare()
            start = time.perf_counter()
            work()
            if turn:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def cold(*commands: Sequence[str], repeats: int = 7) -> list[float]:
    """Median wall seconds of Python in fresh processes, taken in turns after a round that does not count."""

    def run(command: Sequence[str]) -> None:
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return alternating(*((lambda c=command: run(c)) for command in commands), repeats=repeats, prepare=int)


def child(*arguments: str) -> Any:
    """What ``python -m benchmarks.child …`` found out in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.child", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def medians(rounds: Sequence[Sequence[float]]) -> list[float]:
    """The median of each column."""
    return [statistics.median(filter(None, column)) for column in zip_longest(*rounds)]
