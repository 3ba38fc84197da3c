"""Passages: steps in sequence that occur several times in a text and could be a block.

Steps are numbered by their form, so that two passages have one form exactly if they have the same numbers. Of a
passage of the model's own flow several values may be needed outside of it: the block then gives all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from archdsl.generalise import Term
from archdsl.intake.scope import TAP, localised, references, taps
from archdsl.intake.terms import COMPUTED, REPEAT, Ref, cost, count_ops, flow, steps_of
from archdsl.intake.visits import flows


class Key(NamedTuple):
    """The common form of passages that could be one block."""

    forms: tuple[int, ...]
    """The forms of the steps. Where one value is given, the last is without its name, which the call takes over."""
    gives: tuple[int, ...] = ()
    """Where several values are given, which of those that the steps name, the last among them."""


LEAST: Final = 3.0
"""The least text that a block must save."""
_LONGEST: Final = 24
_TRIED: Final = 40
"""The number of the most promising passages whose saving is computed exactly."""
_GIVEN: Final = 6
"""The most outputs of a block."""
_STAYING: Final = ("for", "use", "ports")
"""Heads of steps that stay where they are: variables of loops and shared weights are there alone."""


class Passages:
    """Finds passages in texts. ``uses`` counts how often each name of a value is needed in all of them."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def key(self, steps: Sequence[Term]) -> Key:
        return Key((*map(self._number, steps[:-1]), self._number(untapped(steps[-1]))))

    def _number(self, step: Term) -> int:
        return self._numbers.setdefault(loose(step), len(self._numbers)) if is_movable(step) else -1

    def promising(self, texts: Sequence[Term], uses: Mapping[str, int]) -> list[Key]:
        """Keys by what blocks of them may save at most, the most first. The first text is the model's."""
        counts = Counter[Key]()
        sizes: dict[Key, float] = {}
        for each in (each for text in texts for each in flows(text)):
            for key, size in self._keys(steps_of(each), uses, may_give=each is texts[0]):
                counts[key] += 1
                sizes.setdefault(key, size)
        hopes = {
            key: (n - 1) * sizes[key] - 4 - 1.5 * n - len(key.gives)
            for key, n in counts.items()
            if n > 1 and not _periodic(key.forms)
        }
        ranked = sorted((key for key, hope in hopes.items() if hope >= LEAST), key=lambda key: (-hopes[key], key))
        return ranked[:_TRIED]

    def _keys(self, steps: Sequence[Term], uses: Mapping[str, int], *, may_give: bool) -> Iterator[tuple[Key, float]]:
        """The passages of a flow, and how much text each takes."""
        inner = [self._number(step) for step in steps]
        last = [self._number(untapped(step)) for step in steps]
        names, needs = [[*taps(step)] for step in steps], [[*references(step)] for step in steps]
        for start in range(len(steps)):
            size = 0.0
            own, inside = list[str](), Counter[str]()
            for end in range(start + 1, min(start + _LONGEST, len(steps)) + 1):
                if last[end - 1] < 0:
                    break
                size += cost(steps[end - 1])
                own += names[end - 1]
                inside.update(needs[end - 1])
                if end - start == 1 and count_ops(steps[start]) == 1:
                    continue
                outer = names[end - 1][:1] if steps[end - 1].head == TAP else []
                gives = [place for place, name in enumerate(own) if inside[name] < uses[name]]
                if all(own[place] in outer for place in gives):
                    yield Key((*inner[start : end - 1], last[end - 1])), size
                elif may_give and len(gives) <= _GIVEN and outer and own[gives[-1]] in outer:
                    yield Key((*inner[start:end],), (*gives,)), size

    def of(self, texts: Sequence[Term], key: Key, uses: Mapping[str, int]) -> list[list[Term]]:
        """The passages of a key, which do not overlap, in the order of the texts."""
        found = []
        for each in [texts[0]] if key.gives else [each for text in texts for each in flows(text)]:
            steps = steps_of(each)
            found += [steps[start:end] for start, end in self.places(steps, key, uses)]
        return found

    def places(self, steps: Sequence[Term], key: Key, uses: Mapping[str, int]) -> Iterator[tuple[int, int]]:
        """Where a flow has passages of a key, all values of which that have names are needed there alone, or given."""
        inner = [self._number(step) for step in steps]
        size, at = len(key.forms), 0
        while at + size <= len(steps):
            is_one = (*inner[at : at + size - 1],) == key.forms[:-1]
            end = steps[at + size - 1]
            is_one = is_one and self._number(end if key.gives else untapped(end)) == key.forms[-1]
            if is_one and localised(body(steps[at : at + size], key.gives), uses, key.gives) is not None:
                yield at, at + size
                at += size
            else:
                at += 1


def body(steps: Sequence[Term], gives: Sequence[int] = ()) -> Term:
    """The flow of a passage, without the name of what it gives; of several values, with all of them at the end."""
    if not gives:
        return flow([*steps[:-1], untapped(steps[-1])])
    names = [*taps(flow([*steps]))]
    given = ((str(number), Ref(names[place])) for number, place in enumerate(gives))
    return flow([*steps, Term(("give",), tuple(given))])


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


def _periodic(forms: tuple[int, ...]) -> bool:
    return any(len(forms) % n == 0 and forms == forms[:n] * (len(forms) // n) for n in range(1, len(forms) // 2 + 1))
