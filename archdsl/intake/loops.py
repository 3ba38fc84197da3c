"""Rounds in sequence as loops: ``repeat`` where they are equal, ``for`` over a table where values differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.intake.columns import merged
from archdsl.intake.passages import retapped, untapped
from archdsl.intake.scope import TAP, Local, localised, references, replaced, taps
from archdsl.intake.terms import ANY, COMPUTED, FLOW, REPEAT, Hole, Ref, cost, flow, height, leaves, skeleton, steps_of
from archdsl.ops.registry import OPS

_LONGEST: Final = 40
"""The most steps in the body of a loop."""
_LEAST: Final = 3.0
_PHASES: Final = 12
"""Of a run that is longer than its rounds, at how many steps it is tried to begin."""
_PAIR: Final = 4
"""Values in the table of a loop of two rounds; with more, the rounds are easier to read."""
"""Words that a loop over values must save."""
_LEAST_EQUAL: Final = 1.0
"""Words that a loop of equal rounds must save."""


class Folder:
    """Folds flows, what is innermost first. Skeletons are numbered, so that comparing them is comparing numbers."""

    def __init__(self, body: Term) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._uses = Counter(references(body))
        """The number of uses of each named value. Folding changes it only for values that are removed."""

    def number(self, step: Term) -> int:
        return self._numbers.setdefault(skeleton(step), len(self._numbers))

    def fold(self, of: Hashable) -> Hashable:
        """A term with its repetitions folded into loops."""
        if not isinstance(of, Term):
            return of
        inner = Term(of.head, tuple((name, self.fold(child)) for name, child in of.children))
        return flow(self._folded(steps_of(inner))) if inner.head == FLOW else inner

    def _folded(self, steps: list[Term]) -> list[Term]:
        """Short rounds first, and again from the shortest after each loop that is made: loops of loops."""
        numbers = [self.number(step) for step in steps]
        length = 1
        while length <= min(_LONGEST, len(steps) // 2):
            found = self._best(steps, numbers, length)
            if found is None:
                if self._completed(steps, length):
                    numbers = [self.number(step) for step in steps]
                length += 1
                continue
            start, rounds, loop = found
            steps[start : start + rounds * length] = [loop]
            numbers[start : start + rounds * length] = [self.number(loop)]
            length = 1
        return simplified(steps)

    def _completed(self, steps: list[Term], length: int) -> bool:
        """Makes loops of one round and of none where that makes what is around them equal to other passages.

        A round that stands alone becomes a loop if others of its kind are loops, and after a passage that elsewhere has
        a loop behind it, one without rounds is put.
        """
        changed = False
        nameless = (step for step in steps if _is_loop(step) and not any(taps(step)))
        for loop in dict.fromkeys(step for step in nameless if len(_body(step)) == length):
            body = [_loosely(step) for step in _body(loop)]
            at = 0
            while at + length <= len(steps):
                alone = steps[at : at + length]
                if [_loosely(step) for step in alone] == body and (once := _once(loop, alone)) is not None:
                    end = at + length
                    while loop.head == REPEAT and steps[end : end + length] == alone:
                        end += length
                    steps[at:end] = [once if end == at + length else _times((end - at) // length, alone)]
                    changed = True
                at += 1
        kinds = {
            self.number(step): step
            for step in steps
            if _is_loop(step) and len(_body(step)) == length and not any(taps(step))
        }
        for kind, loop in kinds.items():
            changed |= self._with_none(steps, kind, loop)
        return changed

    def _with_none(self, steps: list[Term], kind: int, loop: Term) -> bool:
        """Puts loops without rounds behind passages that have a loop of some kind behind them elsewhere."""
        numbers = [self.number(step) for step in steps]
        places = [place for place, number in enumerate(numbers) if number == kind]
        between = [tuple(numbers[a + 1 : b]) for a, b in pairwise(places)]
        passage = min((each for each in between if each), key=len, default=())
        if not passage or kind in passage:
            return False
        size = len(passage)
        starts = [at for at in range(len(numbers) - size + 1) if tuple(numbers[at : at + size]) == passage]
        usual = [steps[at : at + size] for at in starts if at + size in places]
        ends = [
            at + size
            for at in starts
            if at + size not in places
            and (at - 1 in places or at + size in starts)
            and _fits(steps[at : at + size], usual)
        ]
        for end in reversed(ends):
            steps.insert(end, _never(loop))
        return bool(ends)

    def _best(self, steps: list[Term], numbers: list[int], length: int) -> tuple[int, int, Term] | None:
        """Of the runs of rounds of some length the one that saves most: where it starts, its rounds, and the loop."""
        best: tuple[float, int, int, Term] | None = None
        start = 0
        while start + 2 * length <= len(numbers):
            end = start
            while end + length < len(numbers) and numbers[end] == numbers[end + length]:
                end += 1
            is_tapped = self._closes(steps, numbers, start, end, length)
            end += is_tapped
            rounds = (end - start) // length + 1
            if rounds > 1 and is_tapped:
                run = steps[start : start + rounds * length]
                loop, saved = self._loop([*run[:-1], untapped(run[-1])], length)
                if saved >= (_LEAST_EQUAL if loop.head == REPEAT else _LEAST) and (best is None or saved > best[0]):
                    best = (saved, start, rounds, retapped(loop, run[-1]))
            elif rounds > 1:
                spare = min((end - start) % length, _PHASES)
                tried = [
                    (*self._loop(steps[at : at + rounds * length], length), at)
                    for at in range(start, start + spare + 1)
                ]
                loop, saved, first = max(tried, key=lambda made: (made[1], _begins(steps[made[2]]), -made[2]))
                if saved >= (_LEAST_EQUAL if loop.head == REPEAT else _LEAST) and (best is None or saved > best[0]):
                    best = (saved, first, rounds, loop)
            start = max(end, start) + 1 if rounds == 1 else start + (rounds - 1) * length + 1
        return best and best[1:]

    def _closes(self, steps: list[Term], numbers: list[int], start: int, end: int, length: int) -> bool:
        """Whether the step after a run would end its last round, but that its value has a name."""
        last = end + length
        if last >= len(steps) or (last + 1 - start) % length or last - start < length:
            return False
        return steps[last].head == TAP and self.number(untapped(steps[last])) == numbers[end]

    def _loop(self, steps: list[Term], length: int) -> tuple[Term, float]:
        """Rounds as a loop, and how much text it saves: nothing where others need a value of a round."""
        nothing = steps[0], 0.0
        written = [flow(steps[i : i + length]) for i in range(0, len(steps), length)]
        rounds = [each for each in (localised(each, self._uses) for each in written) if each is not None]
        if len(rounds) < len(written):
            return nothing
        names = [*taps(written[0])]
        if all(each == rounds[0] for each in rounds):
            loop = _times(len(rounds), steps_of(written[0]))
            return loop, sum(map(_written, rounds)) - cost(loop)
        level = max(map(height, rounds)) + 1
        found = merged(rounds, level)
        if len(rounds) == 2 and leaves(found.rows) > _PAIR:
            return nothing
        if any(isinstance(value, Ref | Local) for row in found.rows for value in row):
            return nothing
        rows = tuple(row[0] for row in found.rows) if len(found.names) == 1 else found.rows
        assert isinstance(found.body, Term)
        body = replaced(found.body, lambda leaf: Ref(names[leaf.place], leaf.part) if isinstance(leaf, Local) else leaf)
        loop = Term(("for", found.names, level), (("rows", rows), ("body", body)))
        saved = sum(map(_written, rounds)) - cost(loop)
        # Rounds that are chains of ops would rather be one call of a block each.
        return loop, saved if _is_composite(rounds[0]) else min(saved, 1.5 * len(rounds) - 4 - 0.5 * len(found.names))


def _is_composite(of: Hashable) -> bool:
    """Whether a flow contains branches or loops, or only calls."""
    if not isinstance(of, Term):
        return False
    if of.head == FLOW and all(step.head[0] == "std" for step in steps_of(of)):  # type: ignore[index]  # heads are tuples
        return True
    inner = any(name.isdigit() and isinstance(c, Term) for name, c in of.children) if of.head != FLOW else False
    return inner or of.head[0] in ("residual", "repeat", "for") or any(_is_composite(c) for _, c in of.children)  # type: ignore[index]


def _begins(step: Term) -> tuple[bool, float]:
    """How well a round begins with a step: with branches or an op that does multiply-adds, rather than a norm."""
    name = step.head[1] if step.head[0] == "op" else ""  # type: ignore[index]  # heads are tuples
    return _is_composite(step) or bool(name and OPS[name].depth), cost(step)


def _is_loop(step: Term) -> bool:
    return step.head[0] in ("repeat", "for")  # type: ignore[index]  # heads are tuples


def _body(loop: Term) -> list[Term]:
    return steps_of(dict(loop.children)["body"])


def _loosely(of: Hashable) -> Hashable:
    """A skeleton in which holes are values as others."""
    return (of.head, tuple((n, _loosely(c)) for n, c in of.children)) if isinstance(of, Term) else _kept(of)


def _kept(of: Hashable) -> Hashable:
    return of if of == COMPUTED else None


def _once(loop: Term, steps: Sequence[Term]) -> Term | None:
    """Steps as a loop of one round, in the form of another loop; ``None`` if their form differs."""
    if loop.head == REPEAT:
        return _times(1, steps)
    names = loop.head[1]  # type: ignore[index]
    row: dict[int, Any] = {}
    body = _holed(dict(loop.children)["body"], flow([*steps]), row)
    if body is None or len(row) < len(names):
        return None
    values = tuple(row[place] for place in range(len(names)))
    return Term(loop.head, (("rows", (values[0] if len(values) == 1 else values,)), ("body", body)))


def _times(count: int, steps: Sequence[Term]) -> Term:
    """Equal rounds as a ``repeat``."""
    return Term(REPEAT, (("count", count), ("body", flow([*steps]))))


def _holed(pattern: Hashable, of: Hashable, row: dict[int, Any]) -> Hashable | None:
    """A term with the holes of a pattern, whose values are put into a row."""
    if isinstance(pattern, Hole):
        if pattern.factor != 1:
            if type(of) is not int or of % pattern.factor:
                return None
            of = of // pattern.factor
        known = row.setdefault(pattern.index, of)
        return pattern if type(known) is type(of) and known == of else None
    if not isinstance(pattern, Term) or not isinstance(of, Term):
        return of if of is not None else _NONE
    children = []
    for (name, inner), (_, child) in zip(pattern.children, of.children, strict=True):
        made = _holed(inner, child, row)
        if made is None:
            return None
        children.append((name, None if made is _NONE else made))
    return Term(of.head, tuple(children))


_NONE: Final = object()
"""A leaf that is ``None``."""


def _never(loop: Term) -> Term:
    """A loop of the form of another one without rounds, whose body may be anything."""
    children = dict(loop.children)
    times: tuple[str, Hashable] = ("count", 0) if loop.head == REPEAT else ("rows", ())
    return Term(loop.head, (times, ("body", _anything(children["body"]))))


def _written(round_: Term) -> float:
    """How much text a round takes where it stands; a loop without rounds is not written at all."""
    return cost(flow([step for step in steps_of(round_) if not _is_never(step)]))


def _is_never(step: Term) -> bool:
    """Whether a step is a loop without rounds."""
    children = dict(step.children)
    return (step.head == REPEAT and children["count"] == 0) or (step.head[0] == "for" and children["rows"] == ())  # type: ignore[index]


def _anything(of: Hashable) -> Hashable:
    if isinstance(of, Term):
        return Term(of.head, tuple((name, _anything(child)) for name, child in of.children))
    return of if isinstance(of, Hole) or of == COMPUTED else ANY


def _fits(steps: Sequence[Term], usual: Sequence[Sequence[Term]]) -> bool:
    """Whether steps are an instance of the common form of several passages."""
    if len(usual) < 2:
        return False
    before, after = (len(merged([flow([*each]) for each in rounds], 1).names) for rounds in (usual, [*usual, steps]))
    return before == after


def simplified(steps: Sequence[Term]) -> list[Term]:
    """Steps without loops of one round or none."""
    made: list[Term] = []
    for step in steps:
        children = dict(step.children)
        if step.head == REPEAT and children["count"] in (0, 1):
            made += _body(step) * children["count"]
        elif step.head[0] == "for" and isinstance(children["rows"], tuple) and len(children["rows"]) < 2:  # type: ignore[index]
            names, level = step.head[1:]  # type: ignore[index]
            for row in children["rows"]:
                values = (row,) if len(names) == 1 else row
                made += steps_of(_substituted(children["body"], level, values))
        else:
            made.append(step)
    return made


def _substituted(of: Hashable, level: int, values: Sequence[Any]) -> Any:
    if isinstance(of, Term):
        return Term(of.head, tuple((name, _substituted(child, level, values)) for name, child in of.children))
    if isinstance(of, Hole) and of.height == level:
        value = values[of.index]
        return value if of.factor == 1 else value * of.factor
    return of
