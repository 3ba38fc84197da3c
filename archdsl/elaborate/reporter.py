"""Collects diagnostics, each with the chain of instances that led to it, except for those that are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from archdsl.diagnostics import Diagnostic, Label, Sink
from archdsl.diagnostics.catalogue.contracts import CheckFailed
from archdsl.diagnostics.catalogue.limits import TooManyProblems
from archdsl.elaborate.allow import Allowances
from archdsl.elaborate.budget import OP, REPORT, Budget
from archdsl.elaborate.calls import Call, Calls
from archdsl.elaborate.failure import Exhausted
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

EXPLAINED: Final = 50
"""Problems after which nobody reads suggestions, each of which takes milliseconds to find."""
_LABELS: Final = 2
"""Second places that one diagnostic shows at most."""


class Reporter:
    """Receives every diagnostic of a compilation."""

    def __init__(self, main: SourceFile, calls: Calls, budget: Budget) -> None:
        self.sink = Sink()
        self.allowances = Allowances()
        self._main = main
        self._calls = calls
        self._budget = budget
        self._library: set[str] = set()
        """Names of files that the user cannot mend."""
        self._doubtful: list[Span] = []
        """Where a text was not read as it is written."""
        self._following = Sink()
        """What may follow from that, and is not told."""
        self._recorders: list[Sink] = []
        self._around: list[Sink] = []
        """What was found before what is set aside."""

    def read(self, module: ast.Module, *, is_library: bool) -> None:
        """Notes a file's allowances, and where its text was repaired by the parser."""
        self.allowances.read(module)
        self._doubtful += module.doubtful
        if is_library:
            self._library.add(module.source.name)

    def is_library(self, source: SourceFile) -> bool:
        """Whether a file belongs to the library, which its users cannot fix."""
        return source.name in self._library

    def knows(self, diagnostic: Diagnostic) -> bool:
        """Whether the same diagnostic at the same place was reported, also while reports are set aside."""
        return any(sink.has(diagnostic) for sink in (self.sink, self._following, *self._around))

    def report(self, *diagnostics: Diagnostic) -> None:
        """Adds diagnostics, each with the chain of instances that led to it."""
        for diagnostic in diagnostics:
            traced = self._calls.traced(diagnostic)
            known = len(self.sink)
            self._add(traced)
            # A warning ends nothing, so that a loop may give it a hundred thousand times.
            self._budget.charge(REPORT if traced.is_error or len(self.sink) > known else OP, traced.span)
            if self._recorders:
                self._recorders[-1].add(traced)

    def _add(self, diagnostic: Diagnostic) -> None:
        diagnostic = self._placed(diagnostic)
        if not diagnostic.is_error:
            if self.allowances and self.allowances.allows(diagnostic.code, diagnostic.span):
                return
        elif self._doubtful and self._follows(diagnostic):
            self._following.add(diagnostic)
            return
        limits = self._budget.limits
        if len(self.sink) >= limits.problems and not self.sink.has(diagnostic):
            help_ = limits.advice("problems")
            raise Exhausted(TooManyProblems(span=diagnostic.span, most=f"{limits.problems:_}", help=help_))
        self.sink.add(diagnostic)

    def _follows(self, error: Diagnostic) -> bool:
        """Whether an error may follow from a syntax error: it is at a number, or where that is used."""
        here = error.span
        return isinstance(error, CheckFailed) or any(
            here.source is part.source and here.start <= part.end and here.end >= part.start for part in self._doubtful
        )

    def _placed(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic in the library, moved to the user's line that led there.

        That is where an argument has its value, if it is one that is wrong, or else the call. What is found in a file
        that the user imports has the call for a second place.
        """
        if found.span.source is self._main or not found.trace:
            return found
        own = [frame for frame in found.trace if not self.is_library(frame.span.source)]
        if not self.is_library(found.span.source):
            left = next((frame.span for frame in own if frame.span.source is self._main), None)
            is_new = left is not None and len(found.labels) < _LABELS
            return replace(found, labels=(*found.labels, Label(left, "called here"))) if left and is_new else found
        if not own:
            return found
        given = [frame.argument for frame in own if frame.argument and not self.is_library(frame.argument.source)]
        place = given[-1] if found.is_error and given else own[0].span
        return replace(found, span=place, labels=(Label(found.span, "here"), *found.labels), fix=None)

    @contextmanager
    def recording(self) -> Iterator[Sink]:
        """Records what is reported inside, so that it can be replayed for an equal instance."""
        found = Sink()
        self._recorders.append(found)
        try:
            yield found
        finally:
            self._recorders.pop()
            if self._recorders:
                self._recorders[-1].extend(found.found)

    @contextmanager
    def aside(self) -> Iterator[Sink]:
        """Collects reports inside instead of passing them on."""
        sink, allowances, recorders = self.sink, self.allowances, self._recorders
        self.sink, self.allowances, self._recorders = Sink(), Allowances(), []
        self._around.append(sink)
        try:
            yield self.sink
        finally:
            self._around.pop()
            self.sink, self.allowances, self._recorders = sink, allowances, recorders

    def again(self, diagnostics: tuple[Diagnostic, ...], depth: int, call: Call) -> None:
        """Replays the diagnostics of an equal instance, ``depth`` calls deep: the sink counts them.

        What is found in the library's blocks belongs to the call of the instance that is there now.
        """
        if any(self.is_library(d.span.source) for d in diagnostics):
            diagnostics = tuple(self._called_by(d, depth, call) for d in diagnostics)
        for diagnostic in diagnostics:
            self._add(diagnostic)
        if self._recorders:
            self._recorders[-1].extend(diagnostics)

    def _called_by(self, found: Diagnostic, depth: int, call: Call) -> Diagnostic:
        """A diagnostic from ``depth`` calls deep, with the trace of an equal call."""
        inside = found.trace[: len(found.trace) - depth]
        if not inside:
            return found
        at = inside[-2].argument if len(inside) > 1 else found.span
        return replace(found, trace=(*inside[:-1], *self._calls.frames(at, call)))
