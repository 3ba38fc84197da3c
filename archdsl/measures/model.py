"""What a measure is, and the analyses that it is computed from."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from archdsl.graph.dims import Dim
    from archdsl.graph.model import Graph
    from archdsl.passes.cost import Cost, NodeCost
    from archdsl.passes.memory import Memory
    from archdsl.passes.receptive import Extent, Field, Receptive

Unit: TypeAlias = Literal["count", "magnitude", "bytes", "pixels", "ratio"]
"""How a value is written: exact, with three digits and a unit, in bytes, along each axis, or as a float."""
Value: TypeAlias = "Dim | float | tuple[Extent, ...] | None"
"""A count, which may be an expression over open dimensions; a float; sizes along the axes; ``None`` if not known."""


class Subject:
    """A graph with its analyses. Each pass runs once, when it is first needed."""

    def __init__(self, graph: Graph, costs: Cost | None = None) -> None:
        self.graph = graph
        if costs is not None:
            self.cost = costs

    @cached_property
    def cost(self) -> Cost:
        from archdsl.passes.cost import cost

        return cost(self.graph)

    @cached_property
    def memory(self) -> Memory:
        """The memory of inference for one example in float32."""
        from archdsl.passes.memory import memory

        return memory(self.graph, costs=self.cost)

    @cached_property
    def receptive(self) -> Receptive:
        from archdsl.passes.receptive import receptive_field

        return receptive_field(self.graph)


class Part(Protocol):
    """The view that measures have of a part of a model: of a block, an op, or several of them."""

    @property
    def cost(self) -> NodeCost: ...
    @property
    def memory(self) -> Dim:
        """Bytes of the outputs of its nodes, for one example in float32."""

    @property
    def nodes(self) -> int: ...
    @property
    def field(self) -> Field | None:
        """The receptive field of its output."""


class Measure(NamedTuple):
    """A figure of a model."""

    name: str
    """In `check` lines, in limits (``--max-NAME``) and in JSON."""
    title: str
    """In lists of figures."""
    unit: Unit
    noun: str
    """What follows the value in a sentence: ``5.33 M parameters``."""
    meaning: str
    """What it counts, in a line."""
    of: Callable[[Subject], Value]
    """The value of a whole model."""
    of_part: Callable[[Part], Value] | None = None
    """The value of a part; ``None`` for what only a whole model has, which is no column of a summary."""
    better: Literal["less", "more"] | None = None
    """Which of two values speaks for a model; ``None`` if neither does, and models are not ranked by it."""
    praise: str = ""
    """What is said of the model that is best in it: ``the fewest parameters``."""
    phrase: str = ""
    """What it is called in a sentence; if empty, ``title``."""
    column: str = ""
    """The name of its column, where that is shorter than ``name``."""
    head: str = ""
    """The head of its column, where that is shorter than ``title``."""
    usual: bool = False
    """Whether tables have its column without being asked."""
    spare: int = 0
    """When a narrow terminal does without the column: those with 1 first; those with 0 stay."""
    grows: bool = False
    """Whether families of models are told, and drawn, by how it grows."""
    aliases: tuple[str, ...] = ()
    """What others call it."""

    @property
    def key(self) -> str:
        """The name of its column."""
        return self.column or self.name

    @property
    def words(self) -> str:
        return self.phrase or self.title
