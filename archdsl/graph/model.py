"""The graph as a value: nodes in topological order, and the tree of block instances they were elaborated from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializeAsAny

from archdsl.graph.dims import Dim, Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.call import Call
from archdsl.ops.registry import op_from_json

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class _Value(BaseModel):
    """Base of the frozen values of which a graph has very many.

    pydantic keeps for every value the set of the fields that were given, which takes more memory than the value. Here
    nobody asks, so the values of a class share one set.
    """

    model_config = _FROZEN

    _every_field: ClassVar[set[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls._every_field = set(cls.model_fields)

    def model_post_init(self, context: Any) -> None:
        object.__setattr__(self, "__pydantic_fields_set__", self._every_field)


class Origin(_Value):
    """A source position: 1-based line and column, 0-based offsets, end exclusive."""

    file: str
    line: int
    column: int
    start: int
    end: int


class Node(_Value):
    """One op applied to its inputs."""

    path: str
    """Unique and stable: names and numbers of rounds, joined by dots. Also the Keras layer's name."""
    op: Annotated[SerializeAsAny[Op], BeforeValidator(op_from_json)]
    inputs: tuple[str, ...]
    """Paths of nodes, or names of the graph's inputs, in the order that the op takes them."""
    shape: tuple[Dim, ...]
    """Of the output, without the batch dimension, channels last."""
    instance: int
    """Index in ``Graph.instances`` of the block instance that it belongs to."""
    origin: Origin
    layer: str
    """The path of the node that owns the weights: its own, or that of the first use of a ``shared`` block."""
    named: bool = False
    """Whether a tap or a ``shared`` line gave the last name of its path, and another one than the op's."""
    float32: bool = False
    """Whether it computes in float32 whatever the precision of the others."""


class Instance(_Value):
    """A block that was called, or a labelled or tapped group of steps. Instances form a tree."""

    path: str
    kind: Literal["model", "block", "group"]
    block: str
    """The block's or model's name; for a group the label or tap."""
    call: Call
    """With the arguments that differ from their defaults: ``Bottleneck(128, stride=2)``; nothing for a group."""
    parent: int | None
    origin: Origin
    doc: str = ""
    named: bool = False
    """Whether a tap, a label or a ``shared`` line gave the last name of its path, and another one than the block's."""


class Port(_Value):
    """A named input or output. For an output, ``node`` is the path whose value it is."""

    name: str
    shape: tuple[Dim, ...]
    node: str


class Graph(BaseModel):
    """An elaborated and checked model. ``nodes`` are in topological order, depth first as written."""

    model_config = _FROZEN

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    instances: tuple[Instance, ...]
    """The tree in depth-first order: a parent comes before its children, the model itself first."""
    doc: str = ""
    about: tuple[tuple[str, str | int | float | bool], ...] = ()

    def __repr__(self) -> str:
        """``<Graph ResNet50: 174 nodes>``."""
        return f"<Graph {self.name}: {len(self.nodes)} nodes>"

    __str__ = __repr__

    def __iter__(self) -> Iterator[Node]:  # type: ignore[override]
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, path: str) -> Node:
        return self.by_path[path]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Graph:
        """A copy without the cached properties of the original."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("by_path", "shapes"):
            copied.__dict__.pop(name, None)
        return copied

    @cached_property
    def by_path(self) -> Mapping[str, Node]:
        return {node.path: node for node in self.nodes}

    @property
    def is_open(self) -> bool:
        """Whether a size of an input is known only when the model runs."""
        return any(isinstance(dim, Sym) for port in self.inputs for dim in port.shape)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of every input and node by its name."""
        return {port.name: port.shape for port in self.inputs} | {n.path: n.shape for n in self.nodes}

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        return tuple(self.shapes[name] for name in node.inputs)

    def model_post_init(self, context: Any) -> None:
        """Every input is defined before it is used, so that ``nodes`` are in topological order and acyclic."""
        defined = {port.name for port in self.inputs}
        for node in self.nodes:
            for name in node.inputs:
                if name not in defined:
                    raise ValueError(f"{node.path} uses {name} before it is defined")
            if node.path in defined:
                raise ValueError(f"two nodes are called {node.path}")
            defined.add(node.path)
        for port in self.outputs:
            if port.node not in defined:
                raise ValueError(f"output {port.name} is {port.node}, which does not exist")
