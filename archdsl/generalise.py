"""Anti-unification: the least general pattern of several terms (Plotkin 1970; Reynolds 1970).

A term is a head with named children in order, or any other value, which is a leaf. The pattern of several terms keeps
what all have in common. Where they differ it has a variable, the same one wherever they differ in the same way, and
where one has a child that another lacks, the child is there on a condition.

>>> conv = [Term("conv", (("filters", width), ("k", 3), ("groups", width))) for width in (64, 128)]
>>> found = generalise([*conv, Term("conv", (("filters", 32), ("k", 3), ("groups", 32), ("bias", False)))])
>>> found.pattern
conv(filters=$0, k=3, groups=$0, bias?1=False)
>>> found.values
((64, 128, 32), (False, False, True))
>>> found.instance(1) == conv[1]
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """A head and named children, each a term or a leaf. No two children have the same name."""

    head: Hashable
    children: tuple[tuple[str, Hashable], ...] = ()

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={child!r}" for name, child in self.children)
        return f"{self.head}({inside})"


class Missing(Enum):
    """The value of a variable in a term that lacks the child in which it stands."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Variable:
    """A place where the terms differ: the index of its values in ``Generalisation.values``."""

    index: int

    def __repr__(self) -> str:
        return f"${self.index}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What terms of one head have in common."""

    head: Hashable
    children: tuple[Child, ...]

    def __repr__(self) -> str:
        return f"{self.head}({', '.join(map(repr, self.children))})"


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a pattern: a pattern, a variable, or what all terms have there."""

    name: str
    value: Hashable
    given: Variable | None = None
    """Whether a term has the child, where not all have it."""

    def __repr__(self) -> str:
        return f"{self.name}{'' if self.given is None else f'?{self.given.index}'}={self.value!r}"


@dataclass(frozen=True, slots=True)
class Generalisation:
    """A pattern, and of each of its variables the value in each term."""

    pattern: Hashable
    """A ``Pattern``, a ``Variable``, or a term or leaf that all are equal to."""
    values: tuple[tuple[Hashable, ...], ...]

    def instance(self, number: int) -> Hashable:
        """The term that the pattern stands for when each variable has its value in the given term."""
        return substitute(self.pattern, [values[number] for values in self.values])


def generalise(terms: Sequence[Hashable]) -> Generalisation:
    """The least general pattern of terms, of which there is at least one.

    Every term is the pattern with its own values of the variables, and a variable stands for every place where the
    terms differ in the same way: two variables never have the same values. Of equal terms the pattern is the term.
    Where a child is missing in a term, nothing says what its parts would be: variables that stand in it alone have
    there the value ``MISSING``.

    Raises:
        ValueError: there are no terms.
    """
    if not terms:
        raise ValueError("nothing to generalise")
    return _Generaliser(len(terms)).run(terms)


def substitute(pattern: Hashable, values: Sequence[Hashable]) -> Hashable:
    """A pattern with values in the place of its variables; children whose condition is false are left out."""
    match pattern:
        case Variable():
            return values[pattern.index]
        case Pattern():
            kept = (child for child in pattern.children if child.given is None or values[child.given.index] is True)
            return Term(pattern.head, tuple((child.name, substitute(child.value, values)) for child in kept))
    return pattern


@dataclass(slots=True)
class _Generaliser:
    count: int
    _numbers: dict[tuple[tuple[type, Hashable], ...], Variable] = field(default_factory=dict)
    """The variable for each list of values. 1, 1.0 and true are equal in Python, and not here."""

    def run(self, terms: Sequence[Hashable]) -> Generalisation:
        pattern = self._pattern(terms, range(self.count))
        return Generalisation(pattern, tuple(tuple(value for _, value in key) for key in self._numbers))

    def _pattern(self, terms: Sequence[Hashable], which: Sequence[int]) -> Hashable:
        """The pattern of the terms at some of the places; all others have no value there."""
        first = terms[0]
        if all(_same(first, other) for other in terms[1:]):
            return first
        if isinstance(first, Term) and all(isinstance(t, Term) and t.head == first.head for t in terms):
            found = [t for t in terms if isinstance(t, Term)]
            if (names := merged([[name for name, _ in term.children] for term in found])) is not None:
                return Pattern(first.head, tuple(self._child(name, found, which) for name in names))
        return self._variable(terms, which)

    def _child(self, name: str, terms: Sequence[Term], which: Sequence[int]) -> Child:
        lists: list[Mapping[str, Hashable]] = [dict(term.children) for term in terms]
        has = [place for place, children in enumerate(lists) if name in children]
        value = self._pattern([lists[place][name] for place in has], [which[place] for place in has])
        if len(has) == len(terms):
            return Child(name, value)
        return Child(name, value, self._variable([name in children for children in lists], which, False))

    def _variable(self, values: Sequence[Hashable], which: Sequence[int], missing: Hashable = MISSING) -> Variable:
        every: list[Hashable] = [missing] * self.count
        for place, value in zip(which, values, strict=True):
            every[place] = value
        return self._numbers.setdefault(tuple((type(value), value) for value in every), Variable(len(self._numbers)))


def _same(one: Hashable, other: Hashable) -> bool:
    """Whether two terms are equal, and their leaves of the same types: 1 is not true."""
    if isinstance(one, Term) and isinstance(other, Term):
        return (
            one.head == other.head
            and len(one.children) == len(other.children)
            and all(a[0] == b[0] and _same(a[1], b[1]) for a, b in zip(one.children, other.children, strict=True))
        )
    return type(one) is type(other) and one == other


def merged(orders: Sequence[Sequence[str]]) -> list[str] | None:
    """All names of several lists in an order that agrees with each of them, or ``None`` if there is none.

    >>> merged([["conv", "add"], ["conv", "norm", "add"], ["add", "relu"]]), merged([["a", "b"], ["b", "a"]])
    (['conv', 'norm', 'add', 'relu'], None)
    """
    places: dict[str, int] = {}
    after: dict[str, set[str]] = {}
    for order in orders:
        for name in order:
            after.setdefault(name, set())
            places.setdefault(name, len(places))
        for name, following in pairwise(order):
            after[name].add(following)
    waits = Counter(following for names in after.values() for following in names)
    free = [(place, name) for name, place in places.items() if not waits[name]]
    found: list[str] = []
    while free:
        name = heappop(free)[1]
        found.append(name)
        for following in after[name]:
            waits[following] -= 1
            if not waits[following]:
                heappush(free, (places[following], following))
    return found if len(found) == len(places) else None
