"""Which function defines which op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any, TypeAlias, TypeVar

import numpy as np

from archdsl.graph.dims import Dim, Sym
from archdsl.ops.base import Op

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Call:
    """What one use of an op is computed from. Arrays have the batch first and the channels last."""

    inputs: tuple[Array, ...]
    weights: Mapping[str, Array] = field(default_factory=dict)
    training: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    """What the sizes that the graph leaves open are in this run."""
    updates: dict[str, Array] = field(default_factory=dict)
    """New values of weights that a step of training changes by itself: running averages."""

    @property
    def x(self) -> Array:
        """The first input, which most ops have alone."""
        return self.inputs[0]

    @property
    def rank(self) -> int:
        """How many spatial dimensions the first input has."""
        return self.x.ndim - 2

    def number(self, dim: Dim) -> int:
        """A dimension in this run."""
        return size(dim, self.sizes)


Definition: TypeAlias = Callable[[Any, Call], Array]
OpType = TypeVar("OpType", bound=Op)
DEFINITIONS: dict[type[Op], Definition] = {}


def defines(*ops: type[Op]) -> Callable[[Definition], Definition]:
    """Registers the function from an op and a call to the output."""

    def register(function: Definition) -> Definition:
        for op in ops:
            assert op not in DEFINITIONS, f"{op.name} is defined twice"
            DEFINITIONS[op] = function
        return function

    return register


def size(dim: Dim, sizes: Mapping[str, int]) -> int:
    """A dimension for given run-time sizes, which must fit it: half of 7 is none."""
    if not isinstance(dim, Sym):
        return dim
    value = sum((c * prod(sizes[name] for name in monomial) for monomial, c in dim.terms), Fraction(0))
    assert value.denominator == 1, f"{dim} is {value} for {dict(sizes)}"
    return int(value)


def each(value: Any, rank: int) -> tuple[Any, ...]:
    """An argument such as ``3`` or ``[3, 1]`` for each spatial dimension."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def pairs(value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """An argument such as ``1``, ``[1, 2]`` or ``[[0, 1], 2]`` as (before, after) for each spatial dimension."""
    return tuple((n, n) if isinstance(n, int) else tuple(n) for n in each(value, rank))


def same(n: int, extent: int, stride: int) -> tuple[int, int]:
    """What "same" adds before and after: as little as gives ``ceil(n / stride)`` windows, the odd one after."""
    total = max((-(-n // stride) - 1) * stride + extent - n, 0)
    return total // 2, total - total // 2


def padding(pad: Any, shape: Sequence[int], extents: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """What the argument ``pad`` of a sliding window adds before and after, for each spatial dimension."""
    if pad == "same":
        return [same(n, extent, stride) for n, extent, stride in zip(shape, extents, strides, strict=True)]
    return list(pairs(0 if pad == "valid" else pad, len(shape)))


def padded(x: Array, sides: Sequence[tuple[int, int]], value: float = 0.0) -> Array:
    """A map with places added around it."""
    return np.pad(x, [(0, 0), *sides, (0, 0)], constant_values=value)


def places(x: Array, offset: Sequence[int], count: Sequence[int], strides: Sequence[int]) -> Array:
    """The places that one tap of a window meets: ``count`` of them along each dimension, ``strides`` apart."""
    taken = (slice(o, o + (n - 1) * s + 1, s) for o, n, s in zip(offset, count, strides, strict=True))
    return x[(slice(None), *taken, slice(None))]
