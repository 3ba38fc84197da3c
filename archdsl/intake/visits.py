"""Traversal of terms: their flows, loops and called blocks, and terms with changed flows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from archdsl.generalise import Term
from archdsl.intake.terms import FLOW, Usual, flow, steps_of


def flows(of: Hashable) -> Iterator[Term]:
    """All flows of a term, outer ones first."""
    if isinstance(of, Term):
        if of.head == FLOW:
            yield of
        for _, child in of.children:
            yield from flows(child)


def changed(of: Term, change: Callable[[list[Term]], list[Term]]) -> Term:
    """A term with the steps of every flow changed, in the order of ``flows``."""
    if of.head == FLOW:
        of = flow(change(steps_of(of)))
    return Term(of.head, tuple((n, changed(c, change) if isinstance(c, Term) else c) for n, c in of.children))


def loops(of: Hashable) -> Iterator[Term]:
    """Loops, inner ones first."""
    if isinstance(of, Term):
        for _, child in of.children:
            yield from loops(child)
        if of.head[0] in ("for", "repeat"):  # type: ignore[index]  # heads are tuples
            yield of


def callees(of: Hashable) -> Iterator[str]:
    """The names of the blocks that a term calls."""
    if isinstance(of, Term):
        if of.head[0] == "call":  # type: ignore[index]  # heads are tuples
            yield str(of.head[1])  # type: ignore[index]
        for _, child in of.children:
            yield from callees(child)


def library_calls(of: Hashable) -> Iterator[str]:
    """The names of the library blocks that a term calls or has as arguments."""
    match of:
        case Usual():
            return
        case Term():
            if of.head[0] == "std":  # type: ignore[index]  # heads are tuples
                yield str(of.head[1])  # type: ignore[index]
            for _, child in of.children:
                yield from library_calls(child)
        case tuple():
            for each in of:
                yield from library_calls(each)
