"""What was found wrong: diagnostics with the chain of instances that led to each, but for what its line allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from archdsl.diagnostics import Diagnostic, Frame, Label, Sink
from archdsl.diagnostics.catalogue.contracts import CheckFailed
from archdsl.diagnostics.catalogue.limits import TooManyProblems
from archdsl.elaborate.allow import Allowances
from archdsl.elaborate.budget import OP, REPORT, Budget
from archdsl.elaborate.calls import Calls
from archdsl.elaborate.failure import Exhausted
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

EXPLAINED: Final = 50
"""Problems after which nobody reads suggestions, each of which takes milliseconds to find."""


class Reporter:
    """Takes every diagnostic of a compilation."""

    def __init__(self, calls: Calls, budget: Budget) -> None:
        self.sink = Sink()
        self.allowances = Allowances()
        self._calls = calls
        self._budget = budget
        self._library: set[str] = set()
        """Names of files that the user cannot mend."""
        self._doubtful: list[Span] = []
        """Where a text was not read as it is written."""
        self._recorders: list[Sink] = []
        self._around: list[Sink] = []
        """What was found before what is set aside."""

    def read(self, module: ast.Module, *, is_library: bool) -> None:
        """Notes what a file allows, and where its text was not read as it is written."""
        self.allowances.read(module)
        self._doubtful += module.doubtful
        if is_library:
            self._library.add(module.source.name)

    def is_library(self, source: SourceFile) -> bool:
        """Whether a file is of the library, which its users cannot mend."""
        return source.name in self._library

    def knows(self, diagnostic: Diagnostic) -> bool:
        """Whether the same mistake at the same place was reported, whether or not what is found now is set aside."""
        return self.sink.has(diagnostic) or any(sink.has(diagnostic) for sink in self._around)

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
        if not diagnostic.is_error:
            diagnostic = self._brought_home(diagnostic)
            if self.allowances and self.allowances.allows(diagnostic.code, diagnostic.span):
                return
        elif self._doubtful and self._follows(diagnostic):
            return
        limits = self._budget.limits
        if len(self.sink) >= limits.problems and not self.sink.has(diagnostic):
            help_ = limits.advice("problems")
            raise Exhausted(TooManyProblems(span=diagnostic.span, most=f"{limits.problems:_}", help=help_))
        self.sink.add(diagnostic)

    def _follows(self, error: Diagnostic) -> bool:
        """Whether an error may be a consequence of one of syntax: a figure, or what stands where that is."""
        here = error.span
        return isinstance(error, CheckFailed) or any(
            here.source is part.source and here.start <= part.end and here.end >= part.start for part in self._doubtful
        )

    def _brought_home(self, warning: Diagnostic) -> Diagnostic:
        """A warning that a block of the library gives at the call that led there: that is the line to mend."""
        if not self.is_library(warning.span.source):
            return warning
        call = next((frame.span for frame in warning.trace if not self.is_library(frame.span.source)), None)
        return warning if call is None else replace(warning, span=call, labels=(Label(warning.span, "here"),))

    @contextmanager
    def recording(self) -> Iterator[Sink]:
        """Collects what is reported inside, so that it can be reported again for an equal instance."""
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
        """Collects what is reported inside instead of reporting it."""
        sink, allowances, recorders = self.sink, self.allowances, self._recorders
        self.sink, self.allowances, self._recorders = Sink(), Allowances(), []
        self._around.append(sink)
        try:
            yield self.sink
        finally:
            self._around.pop()
            self.sink, self.allowances, self._recorders = sink, allowances, recorders

    def again(self, diagnostics: tuple[Diagnostic, ...], depth: int, span: Span) -> None:
        """Reports what an equal instance showed before, ``depth`` calls deep: the sink counts it.

        What the library's blocks warn of belongs to the call at ``span``, of the instance that is there now.
        """
        if any(self.is_library(d.span.source) and not d.is_error for d in diagnostics):
            around = self._calls.frames()
            diagnostics = tuple(_called_from(d, depth, span, around) for d in diagnostics)
        for diagnostic in diagnostics:
            self._add(diagnostic)
        if self._recorders:
            self._recorders[-1].extend(diagnostics)


def _called_from(diagnostic: Diagnostic, depth: int, span: Span, around: tuple[Frame, ...]) -> Diagnostic:
    """A diagnostic from within a call, ``depth`` calls deep, as it is for an equal call at ``span``."""
    inside = diagnostic.trace[: len(diagnostic.trace) - depth]
    if not inside:
        return diagnostic
    return replace(diagnostic, trace=(*inside[:-1], inside[-1]._replace(span=span), *around))
