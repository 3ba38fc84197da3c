"""Rewrite rules over programs, and the interface by which they inspect these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from archdsl.intake.tensors.program import Constant, Node, Numbers, Program

_MANY: Final = 6
"""The most factors of a product that are collected."""


@dataclass(slots=True)
class Form:
    """A program during the application of rules."""

    program: Program
    makers: dict[str, Node]
    users: Counter[str]
    joins: dict[tuple[object, tuple[str, ...]], str] = field(default_factory=dict)
    """By their axes and inputs, what tensors that are joined are called."""
    new: list[Node] = field(default_factory=list)
    """What a rule puts before the operator that it replaces."""

    def maker(self, name: str, *kinds: str) -> Node | None:
        """The operator that makes a tensor, if it is of such a kind."""
        node = self.makers.get(name)
        return node if node is not None and node.kind in kinds else None

    def number(self, name: str) -> float | None:
        found = self.program.constants.get(name)
        return float(found.array.reshape(-1)[0]) if found is not None and found.array.size == 1 else None

    def is_number(self, name: str, wanted: float, within: float = 1e-4) -> bool:
        number = self.number(name)
        return number is not None and abs(number - wanted) <= within * abs(wanted)

    def with_number(self, name: str, kind: str, wanted: float, within: float = 1e-4) -> str | None:
        """What else an operator takes besides a number, if it makes this tensor."""
        node = self.maker(name, kind)
        if node is None or len(node.inputs) != 2:
            return None
        one, other = node.inputs
        if self.is_number(other, wanted, within):
            return one
        return other if kind in ("Add", "Mul") and self.is_number(one, wanted, within) else None

    def factors(self, name: str) -> list[str]:
        """The tensors and numbers whose product a tensor is, through nested products that are used once."""
        found: list[str] = []
        queue = [name]
        while queue:
            top = queue.pop()
            node = self.maker(top, "Mul")
            if node is not None and (top == name or self.users[top] == 1) and len(found) + len(queue) < _MANY:
                queue += node.inputs
            else:
                found.append(top)
        return found

    def constant(self, value: Numbers) -> str:
        name = f"constant {len(self.program.constants)} of a rule"
        self.program.constants[name] = Constant(value)
        return name

    def add(self, like: Node, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"{like.outputs[0]} {kind} {len(self.new)}"
        self.new.append(Node(kind, [*inputs], [name], dict(attributes), like.place))
        return name


Rule: TypeAlias = Callable[[Form, Node], Node | None]
"""The operator in place of one at the end of a form, or ``None`` where the form is another."""


def instead(node: Node, kind: str, inputs: Sequence[str], **attributes: object) -> Node:
    """An operator with the outputs of another."""
    return Node(kind, [*inputs], node.outputs, dict(attributes), node.place)
