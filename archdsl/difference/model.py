"""The model of a difference: edits of ops with exact costs, and notes that summarise them for a reader."""

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
    """The increase of figures in the second model. With open sizes, MACs are an expression."""

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
    """One change of an op, or one block or op that is on one side only.

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
        """The path in the second graph, or in the first for what was removed."""
        return self.before or "" if self.after is None else self.after


@dataclass(frozen=True, slots=True)
class Note:
    """Edits that are one change for a reader: the same edit at the same position of each of a section's blocks."""

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
    """A change that is not of an op: an input or output, or a fact of ``about``. ``None`` where it is absent."""

    kind: Literal["input", "output", "about"]
    name: str
    old: str | None
    new: str | None


class Share(NamedTuple):
    """How often both models use a kind of op, and how many weights it has there: first and second model."""

    op: str
    counts: tuple[int, int]
    params: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two models. ``name`` distinguishes them for a reader: the model's own if these differ."""

    name: str
    model: str
    cost: NodeCost
    depth: int
    nodes: int
