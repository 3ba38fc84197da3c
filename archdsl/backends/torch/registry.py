"""The registry of lowerings to PyTorch, with the axis orders that they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archdsl.backends.torch.code import Lowered, Transform, ordered
from archdsl.graph.dims import Dim, Shape
from archdsl.ops.base import Op
from archdsl.weights.published import Stored

FIRST, LAST = True, False
"""Whether the channels of a tensor come first, behind the batch, as PyTorch's convolutions take them."""


@dataclass(frozen=True, slots=True)
class Site:
    """The site of a lowering: shapes as in the graph, and the axis order, which is common to all inputs."""

    inputs: tuple[Shape, ...]
    output: Shape
    takes: bool = LAST
    gives: bool = LAST
    single: tuple[bool, ...] = ()
    """Whether an input is the same for every example, and has a batch of 1."""
    stored: Mapping[str, Stored] = field(default_factory=dict)
    """How a published model has the op's arrays, where the file must have them so."""

    @property
    def rank(self) -> int:
        """The number of spatial dimensions of the first input."""
        return len(self.inputs[0]) - 1

    @property
    def channels(self) -> int:
        size = self.inputs[0][-1]
        assert isinstance(size, int), "what owns weights knows its channels"
        return size

    def dim(self, axis: int, shape: Shape | None = None) -> int:
        """The tensor's dimension, counting the batch, for an axis of the graph."""
        rank = len(self.inputs[0] if shape is None else shape)
        return place(axis % rank, rank, self.takes)

    def spatial(self) -> tuple[int, ...]:
        """The spatial dimensions of the tensor."""
        return tuple(self.dim(axis) for axis in range(self.rank))


def place(axis: int, rank: int, first: bool) -> int:
    """
    >>> [place(axis, 3, FIRST) for axis in range(3)], [place(axis, 3, LAST) for axis in range(3)]
    ([2, 3, 1], [1, 2, 3])
    """
    if not first:
        return axis + 1
    return 1 if axis == rank - 1 else axis + 2


@dataclass(frozen=True, slots=True)
class Orders:
    """Axis orders that an op can take and return, with their costs; ``None`` is either.

    A change of order costs 4, where it is between two ops.
    """

    takes: bool | None = None
    gives: bool | None = None
    tied: bool = True
    """Whether the output has the order of the inputs."""
    first: int = 0
    """What it costs to take channels first."""
    last: int = 0


EITHER = Orders()
Rule: TypeAlias = Callable[[Any, tuple[Shape, ...], Shape], Orders]
Lowering: TypeAlias = Callable[[Any, Site], Lowered]
_LOWERINGS: dict[type[Op], Lowering] = {}
_RULES: dict[type[Op], Rule] = {}
_STRETCHING: set[type[Op]] = set()


def lowers(*ops: type[Op], orders: Orders | Rule = EITHER, stretches: bool = False) -> Callable[[Lowering], Lowering]:
    """Registers a function of an op and its site that returns its PyTorch code.

    With ``stretches``, some inputs may have a batch of 1 where others have more.
    """

    def register(function: Lowering) -> Lowering:
        for op in ops:
            assert op not in _LOWERINGS, f"{op.name} is lowered twice"
            _LOWERINGS[op] = function
            _RULES[op] = orders if callable(orders) else lambda *_, orders=orders: orders
            if stretches:
                _STRETCHING.add(op)
        return function

    return register


def lower(op: Op, site: Site) -> Lowered:
    return _LOWERINGS[type(op)](op, site)


def orders(op: Op, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return _RULES[type(op)](op, inputs, output)


def stretches(op: Op) -> bool:
    return type(op) in _STRETCHING


def known_sizes(dims: tuple[Dim, ...]) -> tuple[int, ...]:
    """Sizes as source: -1 for the one known only at run time."""
    return tuple(dim if isinstance(dim, int) else -1 for dim in dims)


def sizes(shape: Shape) -> tuple[int, ...]:
    """A shape with only known sizes."""
    found = tuple(dim for dim in shape if isinstance(dim, int))
    assert len(found) == len(shape), "what has weights of this shape knows it"
    return found


def axes(rank: int, first: bool) -> tuple[int, ...]:
    """The graph's axes in the order of a tensor's dimensions after the batch.

    >>> axes(3, FIRST)
    (2, 0, 1)
    """
    return (rank - 1, *range(rank - 1)) if first and rank else tuple(range(rank))


def turned(rank: int, first: bool) -> str:
    """The permutation, by number of axes, that moves the channels of a tensor to the front or to the end.

    >>> turned(3, FIRST), turned(3, LAST), turned(2, LAST)
    ('.permute(0, 3, 1, 2)', '.permute(0, 2, 3, 1)', '.transpose(1, 2)')
    """
    if rank == 2:
        return ".transpose(1, 2)"
    dims = (rank, *range(1, rank)) if first else (*range(2, rank + 1), 1)
    return f".permute(0, {', '.join(map(str, dims))})"


def in_order(shape: tuple[int, ...], first: bool) -> tuple[int, ...]:
    return tuple(shape[axis] for axis in axes(len(shape), first))


def moved(rank: int, first: bool) -> Transform:
    """The permutation from an array's layout in the graph to one that broadcasts with tensors."""
    return ordered(*axes(rank, first))


def per_channel(rank: int, channels: int, first: bool) -> tuple[int, ...]:
    """The shape of a per-channel array that broadcasts with tensors: ``(c, 1, 1)`` or ``(c,)``."""
    return (channels, *(1,) * (rank - 1)) if first else (channels,)
