"""The latency of candidates on this machine, measured as by `archdsl bench`, before they are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from archdsl.comparison.entry import measure as figures
from archdsl.graph.model import Graph
from archdsl.runtimes.kept import Kept, OtherTimes
from archdsl.runtimes.measure import Subject, measure
from archdsl.runtimes.registry import RUNTIMES
from archdsl.training.errors import StudyError

_FILE: Final = "latency.json"
_ROUNDS: Final = 5
_USUAL: Final = ("onnx", "openvino", "litert", "keras")
"""Runtimes in order of preference; the default is the first that is installed, as Keras always is."""


@dataclass
class Latency:
    """A limit on the median seconds of one image. Measurements are kept in the study's folder."""

    folder: Path
    most: float
    runtime: str = field(default_factory=lambda: next(name for name in _USUAL if not RUNTIMES[name].missing))
    measured: dict[str, float] = field(default_factory=dict)
    """The median seconds of the candidates so far, by name."""

    @property
    def slow(self) -> int:
        """The number of candidates so far that exceed the limit."""
        return sum(seconds > self.most for seconds in self.measured.values())

    def allows(self, name: str, graph: Graph, telling: Callable[[str], Any] = lambda _: None) -> bool:
        """Whether a model is within the limit.

        Raises:
            StudyError: it does not run, or kept measurements are of another machine or other settings.
        """
        subject = Subject(replace(figures(graph, "", changed=True), name=name), graph)
        try:
            for _ in range(2):  # what counts is what the file has, in its digits, as it will if the search goes on
                kept = Kept(self.folder / _FILE)
                found = measure([subject], [self.runtime], rounds=_ROUNDS, kept=kept, telling=telling)
        except OtherTimes as error:
            raise StudyError(str(error)) from None
        if not found.timings:
            reason = found.failures[0].reason if found.failures else "it is not installed"
            raise StudyError(f"{name} does not run on {RUNTIMES[self.runtime].title}: {reason}")
        self.measured[name] = found.timings[0].latency
        return self.measured[name] <= self.most
