"""A diagram in words, as its text alternative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from archdsl.diagram.plan import Frame, Plan, Terminal
from archdsl.diagram.words import size
from archdsl.graph.model import Graph
from archdsl.summary.figures import human

_MOST: Final = 24
"""Stages that are named; of more, the rest is counted."""


def describe(graph: Graph, drawn: Plan) -> str:
    """The inputs and outputs, the parts of the model, and its cost.

    >>> from archdsl import load
    >>> from archdsl.diagram import plan
    >>> lenet = load("lenet5").graph
    >>> describe(lenet, plan(lenet))[:93]
    'LeNet5 takes input 32×32×1 and gives output 10. It consists of c1: conv(6, k=5, pad="valid"),'
    """
    costs = drawn.costs
    flow = f"{graph.name} takes {_terminals(drawn.inputs)} and gives {_terminals(drawn.outputs)}."
    figures = f"{human(costs.params)} parameters, {human(costs.macs)} multiply-adds, depth {costs.depth}."
    return f"{flow} It consists of {_listed([*_stages(drawn)])}. {figures}"


def _terminals(terminals: Sequence[Terminal]) -> str:
    return _listed([" ".join(filter(None, [each.name, size(each.shape)])) for each in terminals])


def _stages(drawn: Plan) -> Iterator[str]:
    for child in drawn.root.children:
        if isinstance(child, Frame):
            yield child.title
        else:
            first, *others = child.lines
            yield f"{first}: {' '.join(others)}" if others else first


def _listed(texts: Sequence[str]) -> str:
    if len(texts) > _MOST:
        texts = [*texts[: _MOST - 1], f"{len(texts) - _MOST + 1} more"]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "nothing"
