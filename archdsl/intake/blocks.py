"""Blocks: repeated passages of a spec, or long loop bodies, as definitions with parameters.

The block whose definition and calls shorten the text the most is chosen, repeatedly, until none does: greedy
minimisation of description length. Then long parts of loop bodies become blocks too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from archdsl.generalise import Term
from archdsl.intake.definitions import are_alike, defined, saved, typed
from archdsl.intake.expand import Expansion
from archdsl.intake.naming import named
from archdsl.intake.parts import with_parts
from archdsl.intake.passages import LEAST, Key, Passages, is_movable
from archdsl.intake.scope import references
from archdsl.intake.terms import count_ops, steps_of
from archdsl.intake.text import Block
from archdsl.intake.visits import callees, changed, loops

_ROUND: Final = 7
"""The least number of ops in a part of a loop body for which a block is made."""


def divided(
    body: Hashable, order: Sequence[str], spans: Mapping[int, int], taken: set[str]
) -> tuple[list[Block], Term]:
    """The blocks of a flow, each defined before it is called, and the flow with calls of them.

    ``order`` has the source's names of the nodes in the order of the text, ``taken`` names that no block may have.
    """
    assert isinstance(body, Term)
    divider = _Divider(body, order, spans, taken)
    divider.shorten()
    divider.cut_rounds()
    divider.shorten()
    return divider.in_order(), divider.body


class _Divider:
    def __init__(self, body: Term, order: Sequence[str], spans: Mapping[int, int], taken: set[str]) -> None:
        self.body = body
        self._blocks: dict[str, Block] = {}
        self._order = order
        self._spans = spans
        self._taken = taken
        self._passages = Passages()

    def in_order(self) -> list[Block]:
        """The blocks, with the types of their parameters, each after those that it calls."""
        made: dict[str, Block] = {}

        def add(name: str) -> None:
            if name not in made:
                for callee in callees(self._blocks[name].body):
                    add(callee)
                made[name] = self._blocks[name]

        for name in callees(self.body):
            add(name)
        given = Expansion(self.body, self._blocks, self._spans).given
        return [typed(block, given[block.name]) for block in made.values()]

    def shorten(self) -> None:
        """Makes blocks of the passages that save the most text, until none saves any."""
        while (key := self._best()) is not None:
            self._define(key)

    def cut_rounds(self) -> None:
        """Makes blocks of long parts of loop bodies, between the loops nested in them."""
        refused: set[Key] = set()
        while (key := self._long_round(refused)) is not None:
            if not self._define(key):
                refused.add(key)

    # --- choice ------------------------------------------------------------------------------------------------------

    def _best(self) -> Key | None:
        """The key of the passages that save the most text; ``None`` if none saves enough."""
        texts, uses = self._texts(), self._uses()
        best: tuple[float, Key] | None = None
        for key in self._passages.promising(texts, uses):
            found = self._passages.of(texts, key, uses)
            gain = saved(found, uses, key.gives) if len(found) > 1 else 0.0
            if gain >= LEAST and (best is None or gain > best[0]):
                best = (gain, key)
        return best and best[1]

    def _long_round(self, refused: set[Key]) -> Key | None:
        """The key of consecutive steps that are a large part of a loop body, and are not all calls already."""
        for loop in (loop for text in self._texts() for loop in loops(text)):
            chunk: list[Term] = []
            for step in [*steps_of(dict(loop.children)["body"]), None]:
                if step is not None and is_movable(step):
                    chunk.append(step)
                    continue
                calls = sum(each.head[0] in ("call", "std") for each in chunk)  # type: ignore[index]  # heads are tuples
                if sum(map(count_ops, chunk)) >= _ROUND and calls < len(chunk):
                    key = self._passages.key(chunk)
                    if key not in refused:
                        return key
                chunk = []
        return None

    # --- definitions -------------------------------------------------------------------------------------------------

    def _define(self, key: Key) -> bool:
        """Makes a block of the passages of a key, and calls in their places; false if they have no common form."""
        texts, uses = self._texts(), self._uses()
        found = self._passages.of(texts, key, uses)
        if not found or not are_alike(found, uses, key.gives):
            return False
        name, doc = named(found, self.body, self._blocks, self._order, self._spans, self._taken)
        block, calls = defined(found, uses, name, doc, key.gives)
        self._taken.add(name)
        self._blocks[name] = block
        if key.gives:
            places = [*self._passages.places(steps_of(self.body), key, uses)]
            self.body = with_parts(self.body, places, calls, key.gives, self._blocks)
            return True
        waiting = iter(calls)

        def change(steps: list[Term]) -> list[Term]:
            made, at = [], 0
            for start, end in self._passages.places(steps, key, uses):
                made += [*steps[at:start], next(waiting)]
                at = end
            return made + steps[at:]

        self.body = changed(self.body, change)
        for other in [*self._blocks.values()]:
            assert isinstance(other.body, Term)
            if other is not block:
                self._blocks[other.name] = replace(other, body=changed(other.body, change))
        return True

    def _texts(self) -> list[Term]:
        return [self.body, *(block.body for block in self._blocks.values() if isinstance(block.body, Term))]

    def _uses(self) -> Counter[str]:
        """The number of uses of each named value."""
        return Counter(name for text in self._texts() for name in references(text))
