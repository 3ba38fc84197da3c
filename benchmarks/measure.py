"""Timing and memory: medians of repeats that take turns, in this process and in fresh ones."""

from __future__ import annotations

import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
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


def rounds(
    *works: Callable[[], object],
    repeats: int,
    prepare: Callable[[], object] = gc.collect,
    clock: Callable[[], float] = time.perf_counter,
) -> list[tuple[float, ...]]:
    """Seconds of each call, round by round, after a round that does not count.

    They take turns, every other round in the opposite order, so that all see the same machine. ``prepare`` is called
    before each, untimed.
    """
    taken = []
    for turn in range(repeats + 1):
        seconds: dict[int, float] = {}
        for number, work in list(enumerate(works))[:: 1 if turn % 2 else -1]:
            prepare()
            start = clock()
            work()
            seconds[number] = clock() - start
        taken.append(tuple(seconds[number] for number in range(len(works))))
    return taken[1:]


def medians(taken: Sequence[Sequence[float]]) -> list[float]:
    """The median of each column."""
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def alternating(
    *works: Callable[[], object],
    repeats: int,
    prepare: Callable[[], object] = gc.collect,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Median seconds of each call; see ``rounds``."""
    return medians(rounds(*works, repeats=repeats, prepare=prepare, clock=clock))


def children() -> float:
    """A clock: processor seconds of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def close(what: str, ours: Callable[[], object], alternative: str, theirs: Callable[[], object], limit: float) -> Line:
    """A row about two that are nearly equal: the median of the ratios of the rounds, in processor time of all threads.

    What slows the machine for a second slows both of a round, and waiting for a core that others use does not count.
    """
    taken = rounds(ours, theirs, repeats=40, clock=time.process_time)
    mine, reference = medians(taken)
    return Line(
        what, f"{ms(mine)} CPU", alternative, f"{ms(reference)} CPU", statistics.median(a / b for a, b in taken), limit
    )


def cold(*commands: Sequence[str], repeats: int = 7, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Median seconds of Python in fresh processes, taken in turns after a round that does not count."""

    def run(command: Sequence[str]) -> None:
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return alternating(*((lambda c=command: run(c)) for command in commands), repeats=repeats, prepare=int, clock=clock)


def child(*arguments: str) -> Any:
    """What ``python -m benchmarks.child …`` found out in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.child", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
