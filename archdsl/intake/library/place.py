"""Where in a flow of the model a block of the library is looked for."""

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
        node = self.steps[self.at - 1].node if self.at else None
        return node.name if node is not None else self.came

    def on(self) -> Place:
        return replace(self, at=self.at + 1)
