"""Weight sharing: steps that are used several times with the same weights become one shared head or tower.

A reader knows that layers have weights in common. Where they are always used together, one after the other, they are
one thing that has a name: ``shared class_head = Head(91)``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.generalise import Term
from archdsl.intake.definitions import defined, typed
from archdsl.intake.expand import Expansion
from archdsl.intake.loops import Folder
from archdsl.intake.names import free, in_common, pascal, snake, telling
from archdsl.intake.passages import loose, retapped, untapped
from archdsl.intake.scope import TAP, references, taps
from archdsl.intake.terms import count_ops, flow, steps_of
from archdsl.intake.text import Block
from archdsl.intake.visits import changed, flows
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS


@dataclass(frozen=True, slots=True)
class Shared:
    """A text in which what is shared is one step each, and what that is."""

    body: Term
    named: Mapping[str, Term]
    """The shared ops and calls of blocks, by name."""
    blocks: Sequence[Block]
    spans: Mapping[int, int]
    """How many nodes a step makes that is shared, by the place of the first."""


def together(
    body: Term, named: Mapping[str, Term], order: Sequence[str], spans: Mapping[int, int], taken: Collection[str]
) -> Shared:
    """A text with its shared ops as few steps as say the same. ``order`` has the nodes' names in the source."""
    towers: dict[str, Term] = {name: flow([op]) for name, op in named.items()}
    lengths = dict(spans)
    where: dict[str, str] = {}
    while towers and (found := _longest(body)) is not None:
        run = Expansion(body, {}, lengths)
        places = [(run.of(steps[0])[0][0], run.of(steps[-1])[0][1]) for steps in found]
        inside = flow([*found[0][:-1], untapped(found[0][-1])])
        words = telling(in_common([*dict.fromkeys(_uses(inside))]))
        name = free(snake(words) if words else "tower", {*taken, *towers})
        towers[name] = changed(inside, lambda steps: _spelled_out(steps, towers))
        where[name] = order[places[0][0]].partition("#")[0]
        for used in {*_uses(inside)}:
            del towers[used]
        lengths |= {start: end - start for start, end in places}
        steps = steps_of(inside)
        body = changed(body, lambda all_: _called(all_, steps, name))  # noqa: B023
    return _in_blocks(body, towers, where, lengths, taken)


def _uses(of: Hashable) -> Iterator[str]:
    """The names of shared steps in a term, one for each use."""
    if isinstance(of, Term):
        match of.head:
            case ("use", str(name)):
                yield name
        for _, child in of.children:
            yield from _uses(child)


def _longest(body: Term) -> list[list[Term]] | None:
    """Of the passages that are equal, weights included, and have all that uses these, those with most of it."""
    uses = Counter(_uses(body))
    places: dict[Term, list[tuple[list[Term], int]]] = {}
    for each in flows(body):
        steps = steps_of(each)
        for at, step in enumerate(steps):
            places.setdefault(untapped(step), []).append((steps, at))
    best, most = None, 1
    for step, found in places.items():
        own = Counter(_uses(step))
        if not own or len(found) < 2 or not _stands_alone(step):
            continue
        if any(uses[name] != count * len(found) for name, count in own.items()):
            continue
        end = _end(found, places)
        size = sum(1 for each in found[0][0][found[0][1] : found[0][1] + end] for _ in _uses(each))
        if size > most:
            best, most = [steps[at : at + end] for steps, at in found], size
    return best


def _end(found: Sequence[tuple[list[Term], int]], places: Mapping[Term, Sequence[object]]) -> int:
    """How many steps passages that begin at some places have in common."""
    end = 1
    while True:
        after = {untapped(steps[at + end]) if at + end < len(steps) else None for steps, at in found}
        step = after.pop()
        if after or step is None or any(steps[at + end - 1].head == TAP for steps, at in found):
            return end
        if not _stands_alone(step) or not (_is_plain(step) or (any(_uses(step)) and len(places[step]) == len(found))):
            return end
        end += 1


def _stands_alone(step: Term) -> bool:
    """Whether a step neither names nor refers to values."""
    return not any(references(step)) and not any(taps(step))


def _is_plain(step: Term) -> bool:
    """Whether a step is an op without weights that takes what flows."""
    return step.head[0] == "op" and OPS[step.head[1]].weights is Op.weights and count_ops(step) == 1  # type: ignore[index]


def _spelled_out(steps: Sequence[Term], towers: Mapping[str, Term]) -> list[Term]:
    """Steps with what is shared in the place of its name."""
    return [each for step in steps for each in (steps_of(towers[step.head[1]]) if step.head[0] == "use" else [step])]  # type: ignore[index]


def _called(steps: list[Term], passage: Sequence[Term], name: str) -> list[Term]:
    made: list[Term] = []
    at, size = 0, len(passage)
    while at < len(steps):
        if [*map(untapped, steps[at : at + size])] == passage:
            made.append(retapped(Term(("use", name)), steps[at + size - 1]))
            at += size
        else:
            made.append(steps[at])
            at += 1
    return made


def _in_blocks(
    body: Term, towers: Mapping[str, Term], where: Mapping[str, str], lengths: Mapping[int, int], taken: Collection[str]
) -> Shared:
    """Blocks of what is more than an op, one for all of one form."""
    forms: dict[Hashable, list[str]] = {}
    folded: dict[str, list[Term]] = {}
    for name, tower in towers.items():
        if len(steps_of(tower)) > 1:
            made = Folder(tower).fold(tower)
            folded[name] = steps_of(made)
            forms.setdefault(loose(made), []).append(name)
    called: dict[str, Term] = {}
    blocks: list[Block] = []
    for names in forms.values():
        name = free(_in_all(names), {*taken, *(block.name for block in blocks)})
        block, calls = defined([folded[each] for each in names], {}, name, f"In the source first at {where[names[0]]}.")
        blocks.append(typed(block, [tuple(value for _, value in call.children) for call in calls]))
        called |= dict(zip(names, calls, strict=True))
    one = {name: called[name] if name in called else steps_of(tower)[0] for name, tower in towers.items()}
    return Shared(body, one, blocks, lengths)


def _in_all(names: Sequence[str]) -> str:
    """The words in which several names end: ``Head`` of ``class_head`` and ``box_head``."""
    split = [name.split("_")[::-1] for name in names]
    common = [words[0] for words in zip(*split, strict=False) if len({*words}) == 1]
    return pascal("_".join(common[::-1])) if common else "Tower"
