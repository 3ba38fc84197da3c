"""The run-time sizes for which a proof holds: every window fits, and every size is a positive integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import gcd, lcm, prod
from typing import Final, NamedTuple

from archdsl.graph.dims import Dim, Sym
from archdsl.graph.model import Graph

_BITS: Final = 64
"""Of a size: what needs more is no map."""


class Least(NamedTuple):
    """A condition on an open size: at least ``size``, and a multiple of ``step``."""

    name: str
    size: int
    step: int

    def __str__(self) -> str:
        """
        >>> str(Least("h", 64, 32)), str(Least("n", 3, 1))
        ('h >= 64 in steps of 32', 'n >= 3')
        """
        return f"{self.name} >= {self.size}" + (f" in steps of {self.step}" if self.step > 1 else "")


class NoSize(Exception):
    """There are no sizes for which ``dimension`` is a positive integer."""

    def __init__(self, dimension: Sym) -> None:
        super().__init__(f"no sizes were found for which {dimension} is a whole number of at least 1")
        self.dimension = dimension


def least_sizes(graph: Graph) -> tuple[Least, ...]:
    """For each open size of the inputs, the least for which the proof holds; it holds for all larger multiples.

    Where a dimension is a product of sizes, such as ``h*w/4``, other sizes may do too: those given are enough.

    Raises:
        NoSize: none are.
    """
    names = tuple(dict.fromkeys(name for port in graph.inputs for dim in port.shape for name in _names(dim)))
    if not names:
        return ()
    needed = tuple(dict.fromkeys(dim for dim in _needed(graph) if isinstance(dim, Sym)))
    steps = _steps(names, needed)
    sizes = _sizes(steps, [_Condition.of(dim) for dim in needed])
    return tuple(Least(name, sizes[name], steps[name]) for name in names)


def _names(dim: Dim) -> Iterator[str]:
    if isinstance(dim, Sym):
        for monomial, _ in dim.terms:
            yield from monomial


def _needed(graph: Graph) -> Iterator[Dim]:
    """Every dimension of the graph, and further ones that ops need."""
    for port in graph.inputs:
        yield from port.shape
    asked = set()
    for node in graph.nodes:
        yield from node.shape
        use = (node.op, graph.input_shapes(node))
        if use not in asked:
            asked.add(use)
            yield from node.op.needs(*use[1])


def _steps(names: Sequence[str], needed: Sequence[Sym]) -> dict[str, int]:
    """For each size, the number that it must be a multiple of so that every dimension is whole."""
    for dim in needed:
        if dim <= 0:  # for large sizes
            raise NoSize(dim)
    steps = dict.fromkeys(names, 1)
    products: list[tuple[tuple[str, ...], int]] = []
    for dim in needed:
        for monomial, factor in dim.terms:
            if len(monomial) == 1:
                steps[monomial[0]] = lcm(steps[monomial[0]], factor.denominator)
            elif monomial:
                products.append((monomial, factor.denominator))
            elif factor.denominator > 1:
                raise NoSize(dim)
    for monomial, divisor in products:
        whole = prod(steps[name] for name in monomial)
        steps[monomial[0]] *= divisor // gcd(divisor, whole)
    return steps


class _Condition(NamedTuple):
    """The condition that a dimension is at least 1, over integers: ``terms`` sum to at least ``least``."""

    dim: Sym
    terms: tuple[tuple[tuple[str, ...], int], ...]
    least: int
    grows: tuple[str, ...]
    """The sizes that make it larger."""

    @classmethod
    def of(cls, dim: Sym) -> _Condition:
        scale = lcm(*(factor.denominator for _, factor in dim.terms))
        terms = tuple((monomial, int(factor * scale)) for monomial, factor in dim.terms)
        grows = dict.fromkeys(name for monomial, factor in terms if factor > 0 for name in monomial)
        return cls(dim, terms, scale, tuple(grows))

    def holds(self, sizes: Mapping[str, int]) -> bool:
        return sum(factor * prod(sizes[name] for name in monomial) for monomial, factor in self.terms) >= self.least


def _sizes(steps: Mapping[str, int], conditions: Sequence[_Condition]) -> dict[str, int]:
    """The least multiples of ``steps`` that satisfy all conditions."""
    sizes = dict(steps)
    for condition in conditions:
        match [term for term in condition.terms if term[0]]:
            case [((name,), factor)] if factor > 0:  # such as h/2 - 3
                rest = condition.least - sum(number for monomial, number in condition.terms if not monomial)
                sizes[name] = max(sizes[name], _multiple(-(-rest // factor), steps[name]))
    lowest = dict(sizes)
    while failing := [condition for condition in conditions if not condition.holds(sizes)]:
        for name in {name for condition in failing for name in condition.grows}:
            sizes[name] *= 2
        if not failing[0].grows or max(sizes.values()).bit_length() > _BITS:
            raise NoSize(failing[0].dim)
    for name, least in lowest.items():
        if sizes[name] > least:
            sizes[name] = _lowered(name, least, steps[name], sizes, conditions)
    return sizes


def _lowered(name: str, least: int, step: int, sizes: dict[str, int], conditions: Iterable[_Condition]) -> int:
    """The least feasible multiple of at least ``least``, with the other sizes fixed."""
    own = [condition for condition in conditions if name in condition.grows]
    low, high = least // step, sizes[name] // step
    while low < high:
        middle = (low + high) // 2
        if all(condition.holds(sizes | {name: middle * step}) for condition in own):
            high = middle
        else:
            low = middle + 1
    return high * step


def _multiple(number: int, step: int) -> int:
    """The least multiple of ``step`` that is not less than a number."""
    return -(-number // step) * step
