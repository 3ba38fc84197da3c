"""Roll into loop: equal consecutive steps become a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archdsl.service.actions import Action
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.nodes import below
from archdsl.service.refactor.places import step_around
from archdsl.syntax import ast

_PERIOD: Final = 8
"""Steps that one round has, at most."""


def repeat(analysis: Analysis, start: int, _: int) -> Action | None:
    """The action for steps followed by equal ones, without definitions."""
    block = analysis.declaration(start)
    found = step_around(block, start) if isinstance(block, ast.Block) else None
    if found is None:
        return None
    steps = found[0].steps
    texts = [" ".join(step.span.text.split()) for step in steps]
    runs = (run for period in range(1, _PERIOD + 1) if (run := _run(texts, found[1], period)) is not None)
    for first, period, count in runs:
        once = steps[first : first + period]
        if any(isinstance(node, ast.Tap) for step in once for node in below(step)):
            continue
        span = steps[first].span.to(steps[first + period * count - 1].span)
        text = f"repeat {count} {{ {' -> '.join(texts[first : first + period])} }}"
        return Action(f"Repeat {count} times", "refactor.rewrite", (Edit(span, text),))
    return None


def _run(texts: Sequence[str], at: int, period: int) -> tuple[int, int, int] | None:
    """Start, period and count of a run of equal steps that contains a given one."""
    for here in range(max(0, at - period + 1), at + 1):
        first = here
        while first >= period and texts[first - period : first] == texts[first : first + period]:
            first -= period
        count = 1
        while texts[first + period * count : first + period * (count + 1)] == texts[first : first + period]:
            count += 1
        if count > 1 and first <= at < first + period * count:
            return first, period, count
    return None
