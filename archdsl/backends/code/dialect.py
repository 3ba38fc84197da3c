"""The interface between the code generator and a framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import ClassVar

from archdsl.backends.code.values import Argument, Literal, Lowered
from archdsl.graph.model import Graph, Node


class Dialect(ABC):
    """A framework, for one graph."""

    reserved: ClassVar[frozenset[str]]
    """Names that no definition may have."""
    taken: ClassVar[frozenset[str]] = frozenset()
    """Names that no attribute may have."""
    neutral: ClassVar[frozenset[str]] = frozenset()
    """Modules that are the identity at a rate of 0."""
    unlisted: ClassVar[frozenset[str]] = frozenset()
    """Modules that are in no list."""
    undone: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of conversions of values, of which the second is the inverse of the first."""
    keeps: ClassVar[bool]
    """Whether a step takes its parameters from attributes that keep them."""

    reads_channels: ClassVar[bool] = False
    """Whether a definition can read the channels of its first input, which then are no argument of it."""
    names_modules: ClassVar[bool] = False
    """Whether modules are named by their paths. What their instances are made of then has these names, too."""
    calls_again: ClassVar[bool] = True
    """Whether an instance of a block can be called again with the same weights."""

    def __init__(self, graph: Graph, lowered: Mapping[str, Lowered]) -> None:
        self.graph = graph
        self.lowered = lowered
        """By the paths of the nodes."""

    @abstractmethod
    def usual(self, callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
        """The default of an argument; ``None`` if it has none."""

    @abstractmethod
    def after(self, node: Node) -> tuple[str, ...]:
        """For each input of a node, the expression appended to it."""

    @abstractmethod
    def whole(self, path: str) -> str:
        """The expression appended to an output of the model. ``{0}`` is its first input."""

    @abstractmethod
    def placing(self, name: str) -> Hashable:
        """The layout of a value, in which all uses of a block must agree."""

    @abstractmethod
    def note(self, path: str) -> str:
        """The comment on the line of a value."""

    def column(self, value: Literal) -> Literal:
        """A literal in the form of the target language."""
        return value
