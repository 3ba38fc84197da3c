"""The budget of a compilation: compile-time steps, lengths of values, sizes of graphs, lengths of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from archdsl.diagnostics.catalogue import limits as codes
from archdsl.elaborate.failure import Exhausted, Failure
from archdsl.elaborate.operators import long
from archdsl.elaborate.values import Value
from archdsl.elaborate.weight import PARTS, Scales
from archdsl.graph.dims import Dim, Monomial, Sym
from archdsl.limits import NODES_GROW, STEPS_GROW, Limits
from archdsl.source import Span

# What is more than one compile-time step, by the time and memory it takes against an expression's.
OP: Final = 8
NEW_OP: Final = 16
CALL: Final = 8
ROUND: Final = 4
BRANCH: Final = 4
NAME: Final = 4
REPORT: Final = 150
FUNCTION: Final = 12
TEMPLATE: Final = 40
NODE: Final = 3
LETTERS: Final = 25
"""Characters of a call or of names in a graph that cost one step: a long name is written wherever its block is used."""


LOOK: Final = 1_000
"""Steps between two checks for an interruption."""

PART: Final = 16
"""The fraction of the work limit for checks that only look for mistakes. Real specs take a fiftieth."""


class Budget:
    """Counts what is used, and ends the compilation at a limit."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.scales = Scales()
        self._steps = limits.steps
        self._nodes = limits.nodes
        self._characters = 0
        self._ticks = 0
        self._mark = self._steps
        """Steps after which it is looked whether they are too many, or whether the work is still wanted."""
        self._look: Callable[[], None] | None = None
        self._products: set[Monomial] = set()

    def interrupt(self, look: Callable[[], None]) -> None:
        """Calls ``look`` regularly: an exception from it ends the compilation."""
        self._look = look
        self._set_mark()

    def _set_mark(self) -> None:
        self._mark = self._steps if self._look is None else min(self._steps, self._ticks + LOOK)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Counts the work inside separately, against a fraction of the limit."""
        ticks, self._ticks = self._ticks, self._steps - self._steps // PART
        self._set_mark()
        try:
            yield
        finally:
            self._ticks = ticks
            self._set_mark()

    def tick(self, span: Span) -> None:
        """Counts a unit of compile-time work."""
        self._ticks += 1
        if self._ticks > self._mark:
            self._check(span)

    def look(self) -> None:
        """Checks for an interruption, between parts of the work that are not counted."""
        if self._look is not None:
            self._look()

    def _check(self, span: Span) -> None:
        if self._ticks > self._steps:
            help_ = self.limits.advice("steps")
            raise Exhausted(codes.TooMuchWork(span=span, most=f"{self._steps:_}", help=help_))
        self.look()
        self._set_mark()

    def charge(self, steps: int, span: Span) -> None:
        """Counts several units of work before they are done."""
        self._ticks += max(steps - 1, 0)
        self.tick(span)

    def weigh(self, value: Value, span: Span) -> None:
        """Bounds the size and depth of a value, and counts the work of using it."""
        parts, depth = self.scales.weigh(value)
        if parts > self.limits.length:
            what = "the string" if isinstance(value, str) else "the list" if isinstance(value, tuple) else "the value"
            long(parts, what, span, self.limits)
        if depth > self.limits.depth:
            help_ = self.limits.advice("depth")
            raise Failure(
                codes.NestedTooDeeply(span=span, most=f"{self.limits.depth:_} lists within lists", help=help_)
            )
        if parts >= PARTS:
            self.charge(parts // PARTS, span)

    def count_nodes(self, nodes: int, span: Span) -> None:
        """Bounds the number of ops in a model under construction."""
        if nodes > self._nodes:
            help_ = self.limits.advice("nodes")
            raise Exhausted(codes.GraphTooLarge(span=span, most=f"{self._nodes:_}", help=help_))

    def add_size(self, size: Dim, span: Span) -> None:
        """Notes the size of a tensor. Sums over a model have a term for each product of run-time sizes in it."""
        if isinstance(size, Sym):
            self._products.update(size.monomials)
            self.charge(size.size, span)

    def charge_graph(self, nodes: int, letters: int, span: Span) -> None:
        """Counts the work of making a graph and of the analyses that follow: figures of each node, names in texts."""
        each = NODE + len(self._products) // 2
        self.charge(each * nodes + letters // LETTERS, span)

    def has_room(self, characters: int) -> bool:
        """Counts the length of a file, which raises the limits in proportion; false if the spec becomes too long."""
        self._characters += characters
        if self._characters > self.limits.source:
            return False
        self._steps = self.limits.steps + self.limits.steps * self._characters // STEPS_GROW
        self._nodes = self.limits.nodes + self.limits.nodes * self._characters // NODES_GROW
        self._set_mark()
        return True
