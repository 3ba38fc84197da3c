"""Shapes stated in the flow of a model, where its maps have become smaller."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from archdsl.generalise import Term
from archdsl.graph.dims import Shape, show
from archdsl.intake.expand import Expansion
from archdsl.intake.flat import FlatGraph
from archdsl.intake.terms import flow, steps_of
from archdsl.intake.text import Block


def claimed(
    body: Hashable, blocks: Sequence[Block], read: FlatGraph, order: Sequence[str], spans: Mapping[int, int]
) -> Term:
    """The flow of a model with the shape after each step that is more than an op and changes the size of the map."""
    run = Expansion(body, {block.name: block for block in blocks}, spans)
    before: Shape = next(iter(read.inputs.values()))
    made: list[Term] = []
    at = 0
    for step in steps_of(body):
        made_by = [interval for interval in run.of(step) if interval[0] >= at] or [(at, at)]
        at = made_by[0][1]
        after = read.shape(order[at - 1]) if at else before
        is_part = step.head[0] in ("for", "repeat", "call", "std")  # type: ignore[index]  # heads are tuples
        states = is_part and after[:-1] != before[:-1] and len(after) > 1
        made.append(Term(("claim", show(after)), (("of", step),)) if states else step)
        before = after if is_part else before
    return flow(made)
