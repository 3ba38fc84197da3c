"""The instance of each block whose shapes and values are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from archdsl.compiler import Program
from archdsl.elaborate.session import Observation
from archdsl.graph.model import Graph
from archdsl.syntax import ast


class Instances:
    """Elaborates models in text order until the requested block is met, so that the result is deterministic."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._observed: dict[int, list[Observation]] = {}
        program.observe(self._observe)
        self._left = self._ways()

    def _observe(self, observation: Observation) -> None:
        decl = observation.decl
        if decl.span.source is self.program.source:
            self._observed.setdefault(decl.span.start, []).append(observation)

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs elaborated so far."""
        return self.program.graphs

    def of(self, decl: ast.Block) -> Observation | None:
        """The shown elaboration of a block of the text.

        That of the first `check` line about it, or else of the first model that calls it, or else what holds of all.
        """
        for check in self.program.module.ast.declarations:
            if isinstance(check, ast.Check) and _subject(check) == decl.name.id:
                self.program.graph_of_check(check)
                found = self._called(decl, check)
                if found is not None:
                    return found
        while not self._observed.get(decl.span.start):
            elaborate = next(self._left, None)
            if elaborate is None:
                break
            elaborate()
        observed = self._observed.get(decl.span.start, [])
        return next((each for each in observed if each.ref is not None), observed[0] if observed else None)

    def _called(self, decl: ast.Block, check: ast.Check) -> Observation | None:
        """The elaboration for a `check` line."""
        graph = self.program.graph_of_check(check)
        observed = self._observed.get(decl.span.start, [])
        shapes = [[port.shape for port in graph.inputs]] if graph is not None else []
        fitting = (each for each in observed if each.ref is not None and each.assembly.inputs in shapes)
        return next(fitting, None)

    def _ways(self) -> Iterator[Callable[[], object]]:
        """The elaborations that may meet a block: of models without required arguments, `check` lines, definitions."""
        for name in self.program.module.models:
            yield partial(self.program.usual_graph, name)
        yield self.program.checked
        yield self.program.check_text


def _subject(check: ast.Check) -> str | None:
    subject = check.subject
    while isinstance(subject, ast.Call):
        subject = subject.callee
    return subject.id if isinstance(subject, ast.Name) else None
