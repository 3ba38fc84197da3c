"""Heat maps: shares of a figure in steps, which show where a model's parameters or multiply-adds are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from archdsl.diagram.plan import Box, Plan
from archdsl.graph.dims import Dim
from archdsl.summary.figures import human

STEPS: Final = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Percent of the model at which the next step begins. Shares go over decades, so the steps do too."""


@dataclass(frozen=True, slots=True)
class Heat:
    """The heat of each box, by its share of the model's total."""

    what: Literal["params", "macs"]
    total: Dim

    @classmethod
    def over(cls, drawn: Plan, what: Literal["params", "macs"]) -> Heat:
        return cls(what, getattr(drawn.costs.total, what))

    def step(self, box: Box) -> int:
        """From 0 to ``len(STEPS)``. A count that depends on an open size has no share, and step 0."""
        share = self._share(box)
        return sum(share >= step for step in STEPS)

    def figure(self, box: Box) -> str:
        """The box's own count and share; empty for none.

        >>> from archdsl import load
        >>> from archdsl.diagram import Options, plan
        >>> drawn = plan(load("resnet50").graph, Options(depth=1))
        >>> Heat.over(drawn, "params").figure([*drawn.boxes()][-1])
        '2.05 M (8.0 %)'
        """
        count = getattr(box.cost, self.what)
        if not isinstance(count, int):
            return human(count)
        if not count:
            return ""
        share = self._share(box)
        return f"{human(count)} ({f'{share:.1f}' if share >= 0.05 else '< 0.1'} %)"

    def _share(self, box: Box) -> float:
        count = getattr(box.cost, self.what)
        if not isinstance(count, int) or not isinstance(self.total, int) or not self.total:
            return 0.0
        return 100 * count / self.total

    def scale(self) -> list[str]:
        """The range of each step, for the legend.

        >>> Heat("params", 100).scale()
        ['< 0.3 %', '0.3–1 %', '1–3 %', '3–10 %', '10–30 %', '≥ 30 %']
        """
        between = [f"{low:g}–{high:g} %" for low, high in pairwise(STEPS)]
        return [f"< {STEPS[0]:g} %", *between, f"≥ {STEPS[-1]:g} %"]
