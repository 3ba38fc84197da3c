"""What a difference consists of: edits of ops, exact in their costs, and the notes that tell them to a reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from archdsl.graph.dims import Dim
from archdsl.ops.call import NOTHING, Value
from archdsl.passes.cost import NodeCost

Kind: TypeAlias = Literal["added", "removed", "moved", "changed", "replaced", "rewired", "follows"]
Aspect: TypeAlias = Literal["training", "eps", "names", "facts"]

ASPECTS: Final[tuple[Aspect, ...]] = ("training", "eps", "names", "facts")
"""What a difference may leave out: arguments for training, epsilons, names of layers, what `about` says."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What is more in the second model than in the first. Of a model with open sizes, MACs are an expression."""

    params: int = 0
    trainable: int = 0
    macs: Dim = 0

    @classmethod
    def between(cls, before: NodeCost, after: NodeCost) -> Delta:
        return cls(after.params - before.params, after.trainable - before.trainable, after.macs - before.macs)

    @classmethod
    def sum(cls, parts: Iterable[Delta]) -> Delta:
        """
        >>> Delta.sum([Delta(3, 2, 10), Delta(-1, 0, 5)])
        Delta(params=2, trainable=2, macs=15)
        """
        total = cls()
        for part in parts:
            total += part
        return total

    def __add__(self, other: Delta) -> Delta:
        return Delta(self.params + other.params, self.trainable + other.trainable, self.macs + other.macs)

    def __sub__(self, other: Delta) -> Delta:
        return Delta(self.params - other.params, self.trainable - other.trainable, self.macs - other.macs)

    def __bool__(self) -> bool:
        return self != Delta()


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that differs in one op, or one block or op that is only on one side.

    The costs of all edits of two graphs sum to the difference of their totals, for each figure.
    """

    kind: Kind
    subject: str
    """The op's or block's name: ``conv``, ``Bottleneck``."""
    before: str | None
    """The path in the first graph; ``None`` for what was added."""
    after: str | None
    """The path in the second graph; ``None`` for what was removed."""
    attribute: str = ""
    """Of a change, the argument."""
    old: Value = NOTHING
    """The argument's value, or the call of the op or block; of wiring, the paths in words."""
    new: Value = NOTHING
    delta: Delta = Delta()
    nodes: int = 1
    """How many ops it is about: a block that was added is one edit."""

    @property
    def path(self) -> str:
        """Where to look: in the second graph, or in the first for what is no longer there."""
        return self.before or "" if self.after is None else self.after


@dataclass(frozen=True, slots=True)
class Note:
    """Edits that are one to a reader: the same thing in the same place of each of a section's blocks."""

    kind: Kind
    subject: str
    where: str
    """The place, within the section's blocks if it has any: ``main.conv1.conv``, ``blocks.6 … 22``."""
    what: str
    """The change in words: ``stride 1 → 2``."""
    edits: tuple[Edit, ...]

    @property
    def delta(self) -> Delta:
        return Delta.sum(edit.delta for edit in self.edits)


@dataclass(frozen=True, slots=True)
class Section:
    """The notes about one block, or about all blocks of a kind that changed alike; without a title, about the model."""

    title: str
    """``in all 16 Bottleneck``; empty for notes about the model."""
    cause: str
    """What the blocks are called with, where that changed: ``groups=32``."""
    notes: tuple[Note, ...]

    @property
    def delta(self) -> Delta:
        return Delta.sum(note.delta for note in self.notes)


@dataclass(frozen=True, slots=True)
class Fact:
    """What differs beside the ops: an input or output, or what ``about`` says. ``None`` where there is nothing."""

    kind: Literal["input", "output", "about"]
    name: str
    old: str | None
    new: str | None


class Share(NamedTuple):
    """How often both models have an op, and how many weights in it: first and second model."""

    op: str
    counts: tuple[int, int]
    params: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two models. ``name`` is what a reader tells them apart by: the model's own, if they differ in it."""

    name: str
    model: str
    cost: NodeCost
    depth: int
    nodes: int
