"""Blocks: passages that a spec has several times, or rounds of loops that are long, as definitions with parameters.

Of all passages of one skeleton the one is chosen whose definition and calls take the least text, and again until
nothing is saved: greedy minimisation of description length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.intake.columns import merged
from archdsl.intake.expand import Expansion
from archdsl.intake.flat import FlatGraph
from archdsl.intake.names import VARIABLES, free, in_common, pascal
from archdsl.intake.terms import FLOW, REPEAT, RESIDUAL, Free, Hole, Ref, cost, count_ops, flow, steps_of
from archdsl.intake.text import PARAMETER, Block

_LONGEST: Final = 24
_TRIED: Final = 40
"""Of the passages that promise most, how many are looked at exactly."""
_LEAST: Final = 3.0
_ROUND: Final = 7
"""Ops in a round of a loop from which on it is a block of its own."""


def divided(body: Hashable, order: Sequence[str], read: FlatGraph, taken: set[str]) -> tuple[list[Block], Term]:
    """The blocks of a flow, each defined before it is called, and the flow with calls of them."""
    assert isinstance(body, Term)
    divider = _Divider(body, order, read, taken)
    while divider.shorten():
        pass
    divider.rounds()
    while divider.shorten():
        pass
    return divider.in_order(), divider.body


class _Divider:
    def __init__(self, body: Term, order: Sequence[str], read: FlatGraph, taken: set[str]) -> None:
        self.body = body
        self.blocks: dict[str, Block] = {}
        self._order = order
        self._read = read
        self._taken = taken
        self._numbers: dict[Hashable, int] = {}

    def in_order(self) -> list[Block]:
        made: dict[str, Block] = {}

        def add(name: str) -> None:
            if name not in made:
                for callee in _callees(self.blocks[name].body):
                    add(callee)
                made[name] = self.blocks[name]

        for name in _callees(self.body):
            add(name)
        given = Expansion(self.body, self.blocks).given
        return [replace(b, types=tuple(map(_type, zip(*given[b.name], strict=True)))) for b in made.values()]

    def _texts(self) -> list[Term]:
        return [self.body, *(b.body for b in self.blocks.values() if isinstance(b.body, Term))]

    # --- passages that occur several times --------------------------------------------------------------------------

    def shorten(self) -> bool:
        """Makes a block of the passage that saves most, if one does."""
        best: tuple[float, tuple[int, ...]] | None = None
        for key in self._promising():
            passages = [*self._passages(key)]
            saved = _saved(passages) if len(passages) > 1 else 0.0
            if saved >= _LEAST and (best is None or saved > best[0]):
                best = (saved, key)
        if best is None:
            return False
        self._define([*self._passages(best[1])], best[1])
        return True

    def _number(self, step: Term) -> int:
        return self._numbers.setdefault(_loose(step), len(self._numbers))

    def _promising(self) -> list[tuple[int, ...]]:
        counts = Counter[tuple[int, ...]]()
        sizes: dict[tuple[int, ...], float] = {}
        for text in self._texts():
            for each in _flows(text):
                steps = steps_of(each)
                numbers = [self._number(step) if _is_movable(step) else -1 for step in steps]
                for start in range(len(steps)):
                    size = 0.0
                    for end in range(start + 1, min(start + _LONGEST, len(steps)) + 1):
                        if numbers[end - 1] < 0:
                            break
                        size += cost(steps[end - 1])
                        key = tuple(numbers[start:end])
                        if count_ops(steps[start]) > 1 or end - start > 1:
                            counts[key] += 1
                            sizes.setdefault(key, size)
        hopes = {key: (n - 1) * sizes[key] - 4 - 1.5 * n for key, n in counts.items() if n > 1 and not _periodic(key)}
        ranked = sorted((key for key, hope in hopes.items() if hope >= _LEAST), key=lambda key: (-hopes[key], key))
        return ranked[:_TRIED]

    def _passages(self, key: tuple[int, ...]) -> Iterator[Term]:
        for text in self._texts():
            for each in _flows(text):
                steps = steps_of(each)
                yield from (flow(steps[a:b]) for a, b in self._places(steps, key))

    def _places(self, steps: Sequence[Term], key: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        numbers = [self._number(step) if _is_movable(step) else -1 for step in steps]
        at = 0
        while at + len(key) <= len(steps):
            if tuple(numbers[at : at + len(key)]) == key:
                yield at, at + len(key)
                at += len(key)
            else:
                at += 1

    def _define(self, passages: Sequence[Term], key: tuple[int, ...]) -> None:
        name, doc = self._name(key)
        block, calls = self._block(passages, name, doc)
        waiting = iter(calls)

        def change(steps: list[Term]) -> list[Term]:
            made, at = [], 0
            for start, end in self._places(steps, key):
                made += [*steps[at:start], next(waiting)]
                at = end
            return made + steps[at:]

        self._rewrite(change)
        self.blocks[block.name] = block

    def _rewrite(self, change: Callable[[list[Term]], list[Term]]) -> None:
        """Changes every flow, in the order in which ``_flows`` gives them."""
        self.body = _changed(self.body, change)
        for name, block in self.blocks.items():
            assert isinstance(block.body, Term)
            self.blocks[name] = replace(block, body=_changed(block.body, change))

    # --- rounds of loops --------------------------------------------------------------------------------------------

    def rounds(self) -> None:
        """Makes blocks of what is long in the rounds of loops, what is between loops of its own."""
        while (found := self._round()) is not None:
            key = tuple(self._number(step) for step in found)
            self._define([*self._passages(key)], key)

    def _round(self) -> list[Term] | None:
        for text in self._texts():
            for loop in _loops(text):
                steps = steps_of(dict(loop.children)["body"])
                chunk: list[Term] = []
                for step in [*steps, None]:
                    if step is not None and _is_movable(step):
                        chunk.append(step)
                        continue
                    ops = sum(map(count_ops, chunk))
                    calls = sum(each.head[0] == "call" for each in chunk)  # type: ignore[index]
                    if ops >= _ROUND and calls < len(chunk):
                        return chunk
                    chunk = []
        return None

    # --- definitions ------------------------------------------------------------------------------------------------

    def _block(self, passages: Sequence[Term], name: str, doc: str) -> tuple[Block, list[Term]]:
        found = merged([*(_marked(p, 0) for p in passages), _marked(passages[0], 1)], PARAMETER)
        rows = [tuple(_unmarked(value) for value in row) for row in found.rows[:-1]]
        names: list[str] = []
        for each in found.names:
            names.append(free(VARIABLES.get(each, each), names))
        defaults = tuple(_default([row[i] for row in rows], first=i == 0) for i in range(len(names)))
        order = sorted(range(len(names)), key=lambda i: defaults[i] is not None)
        block = Block(
            name,
            tuple(names[i] for i in order),
            (),
            _reordered(found.body, order),
            tuple(defaults[i] for i in order),
            doc,
        )
        self._taken.add(name)
        calls = [Term(("call", name), tuple((names[i], row[i]) for i in order)) for row in rows]
        return block, calls

    def _name(self, key: tuple[int, ...]) -> tuple[str, str]:
        """A name from those of the source's layers that most passages are, else from the ops; where the first is."""
        run = Expansion(self.body, self.blocks)
        words = Counter[str]()
        sample: list[Term] = []
        spans: list[tuple[int, int]] = []
        for text in self._texts():
            for each in _flows(text):
                steps = steps_of(each)
                for start, end in self._places(steps, key):
                    sample = sample or steps[start:end]
                    for (a, _), (_, b) in zip(run.of(steps[start]), run.of(steps[end - 1]), strict=False):
                        spans.append((a, b))
                        words[in_common([_stem(name) for name in self._order[a:b]])] += 1
        shared, count = words.most_common(1)[0] if words else ("", 0)
        is_known = shared and count * 2 >= words.total() and not _is_short(sample)
        name = pascal(shared) if is_known else _by_ops(sample)
        if name in self._taken:
            prefix = "Residual" if sample and sample[0].head == RESIDUAL else "Inner"
            name = name if name.startswith(prefix) else f"{prefix}{name}"
        first = min((span[0] for span in spans), default=0)
        where = _stem(self._order[first])
        doc = f"In the source first at {where}." if _PLAIN.fullmatch(where) else ""
        return free(name, self._taken), doc


def _stem(name: str) -> str:
    return name.partition("#")[0]


_PLAIN: Final = re.compile(r"[\w./-]{1,80}")
_SHORT: Final = {"batch_norm": "Norm", "layer_norm": "Norm", "depthwise_conv": "Depthwise", "global_avg_pool": "Pool"}


def _is_short(steps: Sequence[Term]) -> bool:
    """Whether steps are so few, and none of them with branches, that their ops say best what they are."""
    return len(steps) <= 3 and all(step.head[0] == "op" and count_ops(step) == 1 for step in steps)  # type: ignore[index]


def _by_ops(steps: Sequence[Term]) -> str:
    words = []
    for step in steps:
        head = step.head
        if isinstance(head, tuple) and head[0] == "op":
            words.append(_SHORT.get(head[1], pascal(head[1])))
        elif isinstance(head, tuple) and head[0] == "call":
            words.append(str(head[1]))
        elif head == ("residual",):
            words.append("Residual")
    return "".join(words[:4]) if 0 < len(words) <= 4 else f"{''.join(words[:2])}Unit"


def _default(values: Sequence[Any], *, first: bool) -> Any:
    """What most calls of a block give for a parameter; ``None`` if that is nothing in particular."""
    if first or len(values) < 3:
        return None
    plain = Counter(value for value in values if not isinstance(value, Hole | tuple))
    value, count = plain.most_common(1)[0] if plain else (None, 0)
    return value if count * 2 >= len(values) and count > 1 else None


def _type(values: Sequence[Any]) -> str:
    """The type of a parameter that is given such values."""
    kinds = dict.fromkeys(map(_kind, values))
    if "float" in kinds:
        kinds.pop("int", None)
    return " | ".join(kinds)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case tuple():
            inner = _type(value) if value else ""
            return f"list[{inner}]" if inner and "|" not in inner else "list"
    return "op"


def _saved(passages: Sequence[Term]) -> float:
    found = merged([*(_marked(p, 0) for p in passages), _marked(passages[0], 1)], PARAMETER)
    calls = len(passages) * (1 + 0.5 * len(found.names))
    return sum(map(cost, passages)) - cost(found.body) - 4 - calls


# --- terms ----------------------------------------------------------------------------------------------------


def _marked(of: Hashable, mark: int) -> Any:
    if isinstance(of, Term):
        return Term(of.head, tuple((name, _marked(child, mark)) for name, child in of.children))
    return Free(of, mark) if isinstance(of, Hole) else of


def _unmarked(of: Any) -> Any:
    return of.hole if isinstance(of, Free) else of


def _reordered(of: Hashable, order: Sequence[int]) -> Hashable:
    place = {old: new for new, old in enumerate(order)}

    def run(of: Hashable) -> Hashable:
        if isinstance(of, Term):
            return Term(of.head, tuple((name, run(child)) for name, child in of.children))
        return replace(of, index=place[of.index]) if isinstance(of, Hole) else of

    return run(of)


def _loose(of: Hashable) -> Hashable:
    """A skeleton in which holes are values as others."""
    return (of.head, tuple((n, _loose(c)) for n, c in of.children)) if isinstance(of, Term) else None


_STAYING: Final = ("for", "tap", "start", "use", "ports")
"""Heads of steps that stay where they are: variables of loops, names of values and shared weights are there alone."""


def _is_whole(step: Hashable) -> bool:
    """Whether a step can be moved to a definition: it has no loop with variables, and no names of values."""
    if not isinstance(step, Term):
        return True
    children = [child for _, child in step.children]
    refers = step.head[0] in _STAYING or any(isinstance(child, Ref) for child in children)  # type: ignore[index]
    return not refers and all(map(_is_whole, children))


def _is_movable(step: Term) -> bool:
    """Whether a step may be one of a passage: loops stay where they are, and their rounds become blocks."""
    return step.head != REPEAT and _is_whole(step)


def _flows(of: Hashable) -> Iterator[Term]:
    """All flows of a term, outer ones first."""
    if isinstance(of, Term):
        if of.head == FLOW:
            yield of
        for _, child in of.children:
            yield from _flows(child)


def _changed(of: Term, change: Callable[[list[Term]], list[Term]]) -> Term:
    """A term with every flow changed, in the order of ``_flows``."""
    if of.head == FLOW:
        of = flow(change(steps_of(of)))
    return Term(of.head, tuple((n, _changed(c, change) if isinstance(c, Term) else c) for n, c in of.children))


def _loops(of: Hashable) -> Iterator[Term]:
    """Loops, inner ones first."""
    if isinstance(of, Term):
        for _, child in of.children:
            yield from _loops(child)
        if of.head[0] in ("for", "repeat"):  # type: ignore[index]
            yield of


def _callees(of: Hashable) -> Iterator[str]:
    if isinstance(of, Term):
        if of.head[0] == "call":  # type: ignore[index]
            yield str(of.head[1])  # type: ignore[index]
        for _, child in of.children:
            yield from _callees(child)


def _periodic(key: tuple[int, ...]) -> bool:
    return any(len(key) % n == 0 and key == key[:n] * (len(key) // n) for n in range(1, len(key) // 2 + 1))
