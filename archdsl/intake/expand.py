"""The nodes that each part of a spec makes, found by running its terms as elaboration does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from archdsl.generalise import Term
from archdsl.intake.terms import Hole
from archdsl.intake.text import PARAMETER, Block

Scope = Mapping[int, tuple[Any, ...]]


class Expansion:
    """The intervals of nodes, in the order of the text, that each step and flow of a spec makes.

    A term that is written once and run several times, in a loop or a block, has several.
    """

    def __init__(self, body: Hashable, blocks: Mapping[str, Block], spans: Mapping[int, int]) -> None:
        """``spans`` says how many nodes calls of library blocks and shared steps make, by the place of the first.

        A shared step that is not among them makes one.
        """
        self._blocks = blocks
        self._spans = spans
        self.intervals: dict[int, list[tuple[int, int]]] = {}
        """The intervals by the identity of the term."""
        self.given: dict[str, list[tuple[Any, ...]]] = {}
        """The arguments of the calls of each block."""
        self.count = self._run(body, {}, 0)

    def of(self, term: Hashable) -> list[tuple[int, int]]:
        return self.intervals.get(id(term), [])

    def _run(self, term: Hashable, scope: Scope, at: int) -> int:
        if not isinstance(term, Term):
            return at
        end = self._inside(term, scope, at)
        self.intervals.setdefault(id(term), []).append((at, end))
        return end

    def _inside(self, term: Term, scope: Scope, at: int) -> int:
        children = dict(term.children)
        match term.head:
            case ("use", _):
                return at + self._spans.get(at, 1)
            case ("repeat",):
                count = value(children["count"], scope)
                for _ in range(count):
                    at = self._run(children["body"], scope, at)
                return at
            case ("for", tuple() as names, int(level)):
                body = children["body"]
                for row in value(children["rows"], scope):
                    at = self._run(body, {**scope, level: (row,) if len(names) == 1 else row}, at)
                return at
            case ("call", str(name)):
                block = self._blocks[name]
                given = tuple(value(children[parameter], scope) for parameter in block.parameters)
                self.given.setdefault(block.name, []).append(given)
                return self._run(block.body, {PARAMETER: given}, at)
            case ("std", _):
                return at + self._spans[at]
            case ("residual",):
                at = self._run(children["body"], scope, at)
                return at + 1 + bool(value(children["drop"], scope))
        for _, child in term.children:
            at = self._run(child, scope, at)
        return at + bool(term.head[0] == "op")  # type: ignore[index]  # heads are tuples


def value(of: Any, scope: Scope) -> Any:
    """A value with its holes replaced by their values."""
    if isinstance(of, Hole):
        found = scope[of.height][of.index]
        return found if of.factor == 1 else found * of.factor
    if isinstance(of, tuple):
        return tuple(value(each, scope) for each in of)
    return of
