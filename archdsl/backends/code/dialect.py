"""What the engine asks of the language that it writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import ClassVar

from archdsl.backends.code.values import Argument, Literal, Lowered
from archdsl.graph.model import Graph, Node


class Dialect(ABC):
    """A framework as one graph is written for it."""

    reserved: ClassVar[frozenset[str]]
    """Names that no definition may have."""
    taken: ClassVar[frozenset[str]] = frozenset()
    """Names that no attribute may have."""
    neutral: ClassVar[frozenset[str]] = frozenset()
    """Modules that do nothing at a rate of 0, as if they were not there."""
    unlisted: ClassVar[frozenset[str]] = frozenset()
    """Modules that are in no list."""
    undone: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of what is appended to values, of which the second undoes the first."""
    keeps: ClassVar[bool]
    """Whether a step takes its parameters from attributes that keep them."""

    reads_channels: ClassVar[bool] = False
    """Whether a definition can read the channels of its first input, which then are no argument of it."""
    names_modules: ClassVar[bool] = False
    """Whether modules are named by their paths. What their instances are made of then has these names, too."""
    calls_again: ClassVar[bool] = True
    """Whether an instance of a block can be called again, as a part that has its weights."""

    def __init__(self, graph: Graph, lowered: Mapping[str, Lowered]) -> None:
        self.graph = graph
        self.lowered = lowered
        """By the paths of the nodes."""

    @abstractmethod
    def usual(self, callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
        """The value that an argument has where it is not given; ``None`` if it must be."""

    @abstractmethod
    def after(self, node: Node) -> tuple[str, ...]:
        """For each input of a node, what is appended to it."""

    @abstractmethod
    def whole(self, path: str) -> str:
        """What is appended to an output of the model. ``{0}`` is its first input."""

    @abstractmethod
    def placing(self, name: str) -> Hashable:
        """How a value lies, in which uses of one block must agree."""

    @abstractmethod
    def note(self, path: str) -> str:
        """What is said beside the line of a value."""

    def column(self, value: Literal) -> Literal:
        """A literal as the language has it."""
        return value
