"""The stack of definitions under evaluation: for traces, and against recursion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Frame, Label
from archdsl.diagnostics.catalogue.limits import NestedTooDeeply
from archdsl.diagnostics.catalogue.names import RecursiveDefinition
from archdsl.elaborate.budget import FUNCTION, Budget
from archdsl.elaborate.failure import Exhausted, Failure
from archdsl.elaborate.values import BlockRef, FunctionRef, name_of, nesting, show_value
from archdsl.source import Span
from archdsl.syntax import ast

_LABELS: Final = 2
"""Second places that one diagnostic shows at most."""
_WRITTEN: Final = 1_000
"""Parts of the arguments of a call that a trace writes out, at most."""


Call: TypeAlias = tuple[BlockRef | FunctionRef, Span]
"""What is called, and where."""


class Calls:
    """The call stack."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._calls: list[Call] = []
        self._entered: dict[int, Span] = {}

    @property
    def depth(self) -> int:
        """The depth of the stack."""
        return len(self._calls)

    def frames(self, at: Span | None, *further: Call) -> Iterator[Frame]:
        """The stack with further calls, innermost first. ``at`` is the place of the mistake: it may be a parameter."""
        for ref, span in reversed((*self._calls, *further)):
            given = ref.arguments.get(at.text) if at is not None and ref.decl.span.holds(at) else None
            at = given.span if given else None
            yield Frame(self._shown(ref), span, at)

    def traced(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the chain of instances."""
        if diagnostic.trace or not self._calls:
            return diagnostic
        return replace(diagnostic, trace=tuple(self.frames(diagnostic.span)))

    def _shown(self, ref: BlockRef | FunctionRef) -> str:
        """A call as text, abbreviated if it is very long."""
        return show_value(ref) if self._budget.scales.weigh(ref).parts <= _WRITTEN else f"{name_of(ref)}(…)"

    @contextmanager
    def entering(self, decl: ast.Node, name: str, span: Span, *, again: bool = False) -> Iterator[None]:
        """Marks a definition as being evaluated. Raises ``Failure`` on recursion, unless ``again`` allows it."""
        around = self._entered.get(id(decl))
        if around is not None and not again:
            raise Failure(self._recursion(decl, name, span))
        self._entered[id(decl)] = span
        try:
            yield
        finally:
            del self._entered[id(decl)]
            if around is not None:
                self._entered[id(decl)] = around

    def _recursion(self, decl: ast.Node, name: str, span: Span) -> Diagnostic:
        if isinstance(decl, ast.Block):
            help_ = (
                "`repeat n { … }` and `for x in list { … }` chain blocks",
                "what lies within a block of its own kind can be its argument, of type `op`",
            )
            return RecursiveDefinition(span=span, name=name, help=help_)
        if isinstance(decl, ast.Function):
            rounds = ("a list holds what rounds would compute: `sum([… for i in range(n)])`",)
            return RecursiveDefinition(span=span, name=name, help=rounds)
        since = list(self._entered).index(id(decl)) + 1
        between = list(self._entered.values())[since:]
        labels = tuple(Label(s, "through this") for s in between[:_LABELS])
        return RecursiveDefinition(span=span, name=name, use="", labels=labels)

    @contextmanager
    def calling(self, ref: BlockRef | FunctionRef, span: Span) -> Iterator[None]:
        """Marks a block or function as being elaborated, for traces and against recursion."""
        if len(self._calls) >= self._budget.limits.depth:
            most, help_ = f"{self._budget.limits.depth:_} calls within calls", self._budget.limits.advice("depth")
            raise Exhausted(NestedTooDeeply(span=span, most=most, help=help_))
        if isinstance(ref, FunctionRef):
            self._budget.charge(FUNCTION, span)
        with self.entering(ref.decl, ref.decl.name.id, span, again=self._lies_deeper(ref, span)):
            self._calls.append((ref, span))
            try:
                yield
            except (Failure, Exhausted) as failure:
                failure.diagnostics = tuple(map(self.traced, failure.diagnostics))
                raise
            finally:
                self._calls.pop()

    def _lies_deeper(self, ref: BlockRef | FunctionRef, span: Span) -> bool:
        """Whether a block receives itself as an argument with less nesting than before: such recursion terminates."""
        if id(ref.decl) not in self._entered or not isinstance(ref, BlockRef):
            return False
        around = next((outer for outer, _ in reversed(self._calls) if outer.decl is ref.decl), None)
        if not isinstance(around, BlockRef):
            return False
        (mine, parts), (its, others) = nesting(ref), nesting(around)
        self._budget.charge(parts + others, span)
        return mine < its

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Hides the stack: module-level values belong to no instance, whichever asks for them first."""
        calls, self._calls = self._calls, []
        try:
            yield
        finally:
            self._calls = calls
