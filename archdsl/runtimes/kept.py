"""A file of measured times, so that a long measurement can be interrupted and resumed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archdsl.atomic import replacing
from archdsl.study.speed import SCHEMA, VERSION, Failure, Speed, Timing, to_json

if TYPE_CHECKING:
    from archdsl.comparison.entry import Entry

_CONDITIONS: Final = ("threads", "rounds", "clock")


class OtherTimes(ValueError):
    """A file has no times, or those of another machine or method; says which."""


class Kept:
    """The times in a file, which is rewritten after each model.

    Times are those of a model as it is: ``graph`` is the fingerprint of what was measured.
    """

    def __init__(self, file: Path) -> None:
        """
        Raises:
            OtherTimes: the file is none of times.
            OSError: it is there, and cannot be read.
        """
        self._file = file
        self._graphs: dict[str, str] = {}
        self._found: dict[str, tuple[Timing | Failure, ...]] = {}
        self._conditions: Mapping[str, Any] | None = None
        self._machine: Mapping[str, Any] = {}
        if file.exists():
            try:
                self._read(json.loads(file.read_text(encoding="utf-8")))
            except (KeyError, TypeError, ValueError) as error:
                raise OtherTimes(f"{file} is no file of kept times") from error

    def _read(self, document: Mapping[str, Any]) -> None:
        if (document["schema"], document["version"]) != (SCHEMA, VERSION):
            raise ValueError(document["schema"])
        self._conditions = {name: document[name] for name in _CONDITIONS}
        self._machine = document["machine"]
        self._graphs = dict(document["graphs"])
        for facts in document["timings"]:
            first, memory, imported = (facts[name] for name in ("first_call", "memory", "memory_before"))
            seconds = tuple(facts["seconds"])
            self._put(Timing(*_place(facts), seconds, first, memory, imported, facts["error"]))
        for facts in document["failures"]:
            self._put(Failure(*_place(facts), facts["reason"]))

    def _put(self, found: Timing | Failure) -> None:
        self._found[found.model] = (*self._found.get(found.model, ()), found)

    def expect(self, conditions: Speed) -> None:
        """
        Raises:
            OtherTimes: what is kept was measured under other conditions than these.
        """
        if self._conditions is None:
            self._conditions = {name: getattr(conditions, name) for name in _CONDITIONS}
            self._machine = conditions.machine
            return
        for name, kept in self._conditions.items():
            if kept != (asked := getattr(conditions, name)):
                raise OtherTimes(f"{self._file} was measured with {name} {kept}, not {asked}: name another file")
        if self._machine["processor"] != conditions.machine["processor"]:
            raise OtherTimes(f"{self._file} is of another processor, {self._machine['processor']}: name another file")

    def of(self, model: str, graph: str, wanted: Iterable[tuple[str, int]]) -> Sequence[Timing | Failure]:
        """The times of a model on these runtimes with these batches; none unless all are known."""
        known = self._found.get(model, ()) if self._graphs.get(model) == graph else ()
        by_place = {(found.runtime, found.batch): found for found in known}
        places = [*wanted]
        return [by_place[place] for place in places] if {*places} <= by_place.keys() else []

    def add(self, model: str, graph: str, found: Sequence[Timing | Failure]) -> None:
        """Replaces the times of a model."""
        self._graphs[model] = graph
        self._found[model] = tuple(found)
        with replacing(self._file) as file:
            file.write_text(to_json(self.speed({}), kept=self._graphs), encoding="utf-8", newline="\n")

    def speed(self, entries: Mapping[str, Entry]) -> Speed:
        """All times, with the figures of the models."""
        assert self._conditions is not None
        found = [each for name in sorted(self._found) for each in self._found[name]]
        return Speed(
            tuple(each for each in found if isinstance(each, Timing)),
            failures=tuple(each for each in found if isinstance(each, Failure)),
            entries=entries,
            machine=self._machine,
            **self._conditions,
        )


def _place(facts: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return facts["model"], facts["runtime"], facts["title"], facts["batch"]
