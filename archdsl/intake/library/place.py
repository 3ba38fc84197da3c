"""A position in a flow of the model at which library blocks are matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archdsl.intake.flow import Step


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a flow: before the step of that number. ``came`` is the value with which the flow starts."""

    steps: Sequence[Step]
    at: int
    came: str

    @property
    def step(self) -> Step | None:
        return self.steps[self.at] if self.at < len(self.steps) else None

    @property
    def value(self) -> str:
        """The value that flows there."""
        return _value(self.steps[self.at - 1], self.came) if self.at else self.came

    def on(self) -> Place:
        return replace(self, at=self.at + 1)


def _value(step: Step, came: str) -> str:
    """The value of a step; of one that has none of its own, what flows into it."""
    if step.nested:
        return _value(step.nested[-1], came)
    return step.refers or (step.node.name if step.node is not None else came)
