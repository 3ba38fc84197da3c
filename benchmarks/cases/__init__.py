"""The cases by name, in the order of the report: what is measured, against what, and the ratio to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from benchmarks.cases.commands import commands, summary
from benchmarks.cases.growth import growth, memory
from benchmarks.cases.models import build, load, recheck, run
from benchmarks.cases.text import lines
from benchmarks.measure import Line

CASES: Mapping[str, Callable[[], Iterator[Line]]] = {
    "commands": commands,
    "summary": summary,
    "recheck": recheck,
    "growth": growth,
    "memory": memory,
    "build": build,
    "load": load,
    "run": run,
    "lines": lines,
}
