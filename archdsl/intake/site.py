"""Where a rewrite looks: an op that is about to be appended, and what made its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from archdsl.intake.flat import Flat, FlatGraph
from archdsl.ops.base import Op


@dataclass(slots=True)
class Site:
    """Where a rule looks: a node about to be appended, and the graph made so far."""

    graph: FlatGraph
    node: Flat
    inputs: tuple[str, ...]
    uses: Counter[str]
    """The number of uses of each value of the previous graph."""
    came: dict[str, str]
    """The value of the previous graph for each value of the new one."""

    def maker(self, place: int = 0) -> Flat | None:
        """The node that made an input, if this node alone uses it."""
        return self.made(self.inputs[place])

    def made(self, value: str) -> Flat | None:
        """The node that made a value of the new graph, if it is used once."""
        return self.graph.nodes.get(value) if self.uses[self.came.get(value, "")] == 1 else None

    def chain(self, value: str, *ops: type[Op], shared: bool = False) -> list[Flat] | None:
        """The nodes that made a value one after the other, the last first, if they are ops of these classes.

        Each is used once; if ``shared``, the last of them may be used more often.
        """
        found: list[Flat] = []
        for op in ops:
            node = self.graph.nodes.get(value) if shared and not found else self.made(value)
            if node is None or not isinstance(node.op, op) or len(node.inputs) != 1:
                return None
            found.append(node)
            value = node.inputs[0]
        return found

    def emit(self, op: Op, *inputs: str) -> str:
        """A node in the place of this one, which keeps its name and weights."""
        return self.graph.add(self.node.name, op, inputs, self.node.layer)

    def is_nonnegative(self, value: str) -> bool:
        """Whether a value is never below zero: by what made it, or since that passes on what is not."""
        for _ in range(_FAR):
            made = self.graph.nodes.get(value)
            if made is None:
                return False
            if made.op.nonnegative:
                return True
            if not made.op.keeps_sign or len(made.inputs) != 1:
                return False
            value = made.inputs[0]
        return False


_FAR: Final = 20
Rule: TypeAlias = Callable[[Site], str | None]
"""The value that takes a node's place, or ``None`` where the rule has nothing to say."""
