"""Values used in last-in, first-out order, as in the arms of a U-Net: pushed on a list and popped from it.

Then all rounds of a loop say the same, and are written as one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from archdsl.backends.code.body import Body, Step

STACK = "skips"
POP = f"{STACK}.pop()"
"""The value of an operand that is popped from the list."""
_FEWEST = 4
"""Values that go by names of their own are easier to read."""


def stacked(body: Body) -> tuple[Body, frozenset[int]] | None:
    """The body with such values as ``POP``, and the steps whose results are pushed; ``None`` if there are few."""
    chain = _nested(_waiting(body))
    if len(chain) < _FEWEST:
        return None
    popped = {last: body.steps[first].results[0] for first, last in chain}
    steps = [_taking(step, popped[place]) if place in popped else step for place, step in enumerate(body.steps)]
    return replace(body, steps=steps), frozenset(first for first, _ in chain)


def _taking(step: Step, value: str) -> Step:
    operands = tuple(replace(operand, value=POP) if operand.value == value else operand for operand in step.operands)
    return replace(step, operands=operands)


def _waiting(body: Body) -> list[tuple[int, int]]:
    """The values with exactly one later use apart from the next step: where each is made and used."""
    uses = defaultdict[str, list[int]](list)
    for place, step in enumerate(body.steps):
        for operand in step.operands:
            uses[operand.value].append(place)
    for operand in body.returns:
        uses[operand.value] += [-1, -1]
    found: list[tuple[int, int]] = []
    for place, step in enumerate(body.steps):
        places = uses[step.results[0]] if len(step.results) == 1 and not _is_free(step) else []
        *before, last = places or [0]
        if last > place + 1 and before in ([], [place + 1]) and _reads_once(body.steps[last], step.results[0]):
            found.append((place, last))
    return found


def _is_free(step: Step) -> bool:
    """Whether the result is an attribute and needs no variable."""
    return step.code.template == "{self}"


def _reads_once(step: Step, value: str) -> bool:
    """Whether the text of a step mentions an operand exactly once."""
    (place,) = (i for i, operand in enumerate(step.operands) if operand.value == value)
    mention = f"{{{place}}}"
    others = "".join(operand.after for operand in step.operands)
    return len(re.findall(re.escape(mention), step.code.template)) == 1 and mention not in others


def _nested(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain of nested intervals, in the order of their starts."""
    ends: list[int] = []
    """The largest end, negated, of a chain of each length."""
    tails: list[int] = []
    before: list[int] = []
    for i, (_, end) in enumerate(pairs):
        at = bisect_left(ends, -end)
        before.append(tails[at - 1] if at else -1)
        if at == len(ends):
            ends.append(-end)
            tails.append(i)
        else:
            ends[at], tails[at] = -end, i
    chain: list[tuple[int, int]] = []
    place = tails[-1] if tails else -1
    while place >= 0:
        chain.append(pairs[place])
        place = before[place]
    return chain[::-1]
