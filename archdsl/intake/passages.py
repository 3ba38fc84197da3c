"""Passages: steps in sequence that occur several times in a text and could be a block.

Steps are numbered by their form, so that two passages have one form exactly if they have the same numbers: their key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from archdsl.generalise import Term
from archdsl.intake.scope import TAP, localised, references, taps
from archdsl.intake.terms import COMPUTED, REPEAT, cost, count_ops, flow, steps_of
from archdsl.intake.visits import flows

Key: TypeAlias = tuple[int, ...]
"""The forms of the steps of a passage. That of the last is without its name, which the call of a block takes over."""

LEAST: Final = 3.0
"""How much text a block must save."""
_LONGEST: Final = 24
_TRIED: Final = 40
"""Of the passages that promise most, how many are looked at exactly."""
_STAYING: Final = ("for", "use", "ports")
"""Heads of steps that stay where they are: variables of loops and shared weights are there alone."""


class Passages:
    """Finds passages in texts. ``uses`` counts how often each name of a value is needed in all of them."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def key(self, steps: Sequence[Term]) -> Key:
        return (*map(self._number, steps[:-1]), self._number(untapped(steps[-1])))

    def _number(self, step: Term) -> int:
        return self._numbers.setdefault(loose(step), len(self._numbers)) if is_movable(step) else -1

    def promising(self, texts: Sequence[Term], uses: Mapping[str, int]) -> list[Key]:
        """Keys by what blocks of them may save at most, the most first."""
        counts = Counter[Key]()
        sizes: dict[Key, float] = {}
        for each in (each for text in texts for each in flows(text)):
            steps = steps_of(each)
            inner = [self._number(step) for step in steps]
            last = [self._number(untapped(step)) for step in steps]
            names, needs = [[*taps(step)] for step in steps], [[*references(step)] for step in steps]
            for start in range(len(steps)):
                size = 0.0
                own, inside = set[str](), Counter[str]()
                for end in range(start + 1, min(start + _LONGEST, len(steps)) + 1):
                    if last[end - 1] < 0:
                        break
                    size += cost(steps[end - 1])
                    own.update(names[end - 1])
                    inside.update(needs[end - 1])
                    outer = names[end - 1][:1] if steps[end - 1].head == TAP else []
                    if any(inside[name] < uses[name] for name in own if name not in outer):
                        continue
                    key = (*inner[start : end - 1], last[end - 1])
                    if count_ops(steps[start]) > 1 or end - start > 1:
                        counts[key] += 1
                        sizes.setdefault(key, size)
        hopes = {key: (n - 1) * sizes[key] - 4 - 1.5 * n for key, n in counts.items() if n > 1 and not _periodic(key)}
        ranked = sorted((key for key, hope in hopes.items() if hope >= LEAST), key=lambda key: (-hopes[key], key))
        return ranked[:_TRIED]

    def of(self, texts: Sequence[Term], key: Key, uses: Mapping[str, int]) -> list[list[Term]]:
        """The passages of a key, which do not overlap, in the order of the texts."""
        found = []
        for each in (each for text in texts for each in flows(text)):
            steps = steps_of(each)
            found += [steps[start:end] for start, end in self.places(steps, key, uses)]
        return found

    def places(self, steps: Sequence[Term], key: Key, uses: Mapping[str, int]) -> Iterator[tuple[int, int]]:
        """Where a flow has passages of a key, all values of which that have names are needed there alone."""
        inner = [self._number(step) for step in steps]
        size, at = len(key), 0
        while at + size <= len(steps):
            is_one = (*inner[at : at + size - 1],) == key[:-1]
            is_one = is_one and self._number(untapped(steps[at + size - 1])) == key[-1]
            if is_one and localised(body(steps[at : at + size]), uses) is not None:
                yield at, at + size
                at += size
            else:
                at += 1


def body(steps: Sequence[Term]) -> Term:
    """The flow of a passage, without the name of what it gives."""
    return flow([*steps[:-1], untapped(steps[-1])])


def untapped(step: Term) -> Term:
    """A step without the name of its value."""
    inner = dict(step.children)["of"] if step.head == TAP else step
    assert isinstance(inner, Term)
    return inner


def retapped(step: Term, like: Term) -> Term:
    """A step whose value has the name that another step's has, if it has one."""
    return Term(TAP, (("name", dict(like.children)["name"]), ("of", step))) if like.head == TAP else step


def loose(of: Hashable) -> Hashable:
    """The form of a term, in which variables are values as others."""
    return (
        (of.head, tuple((n, loose(c)) for n, c in of.children))
        if isinstance(of, Term)
        else of
        if of == COMPUTED
        else None
    )


def is_movable(step: Term) -> bool:
    """Whether a step may be one of a passage: loops stay where they are, and their rounds become blocks."""
    return step.head not in (REPEAT, ("start",)) and _is_whole(step)


def _is_whole(of: Hashable) -> bool:
    if not isinstance(of, Term):
        return True
    return of.head[0] not in _STAYING and all(_is_whole(child) for _, child in of.children)  # type: ignore[index]


def _periodic(key: Key) -> bool:
    return any(len(key) % n == 0 and key == key[:n] * (len(key) // n) for n in range(1, len(key) // 2 + 1))
