"""Tensors as views of values of a flat graph: which part of which axis each of their axes is.

An axis is a row of atoms, the outermost first. To reshape splits atoms and groups them anew, to transpose reorders
axes, and to take an aligned slice picks one place of an atom: none of these needs an op. An op that takes its input in
some order says which atoms it wants where, and only then is anything moved (``moves.py``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias


class Atom:
    """A part of an axis. Once it is split, its parts stand for it wherever it is."""

    __slots__ = ("is_batch", "parts", "size")

    def __init__(self, size: int, *, is_batch: bool = False) -> None:
        self.size = size
        self.is_batch = is_batch
        self.parts: tuple[Atom, ...] = ()

    def split(self, outer: int) -> tuple[Atom, Atom]:
        """The two parts of an atom, the first of size ``outer``."""
        parts = (Atom(outer), Atom(self.size // outer))
        self.parts = parts
        return parts

    def __repr__(self) -> str:
        return f"{'N' if self.is_batch else ''}{self.size}"


Axis: TypeAlias = tuple[Atom, ...]
Axes: TypeAlias = tuple[Axis, ...]


def leaves(atoms: Iterable[Atom]) -> Axis:
    """Atoms with those that were split as their parts."""
    found: list[Atom] = []
    queue = [*atoms][::-1]
    while queue:
        atom = queue.pop()
        if atom.parts:
            queue += atom.parts[::-1]
        else:
            found.append(atom)
    return tuple(found)


def axis(size: int) -> Axis:
    """A new axis; one of size 1 has no atoms."""
    return (Atom(size),) if size != 1 else ()


def length(atoms: Axis) -> int:
    return prod(atom.size for atom in atoms)


@dataclass(frozen=True, slots=True)
class View:
    """Axes of a tensor, in its own order, over those of a value of the flat graph."""

    base: str
    axes: Axes
    picks: tuple[tuple[Atom, int], ...] = ()
    """Atoms of the value of which one place is taken."""

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(length, self.axes))

    @property
    def resolved(self) -> Axes:
        return tuple(map(leaves, self.axes))

    def with_axes(self, axes: Iterable[Axis]) -> View:
        return View(self.base, tuple(axes), self.picks)

    def picked(self, atom: Atom, place: int) -> View:
        """The view of one place of an atom, which is in none of its axes any more."""
        return View(self.base, self.axes, (*self.picks, (atom, place)))


def places(view: View) -> tuple[tuple[Atom, int], ...]:
    """What is picked of a view's value: of an atom that was split since, a place of each part."""
    found: list[tuple[Atom, int]] = []
    queue = [*view.picks][::-1]
    while queue:
        atom, at = queue.pop()
        if atom.parts:
            outer, inner = atom.parts
            queue += [(inner, at % inner.size), (outer, at // inner.size)]
        else:
            found.append((atom, at))
    return tuple(found)


class Unaligned(Exception):
    """Axes of a tensor are no rows of atoms: a reshape cuts across them."""


def regrouped(axes: Iterable[Axis], shape: Sequence[int]) -> Axes:
    """The axes of a tensor that is reshaped. Raises ``Unaligned``.

    A batch of one goes to an axis of size 1 that begins where it is, else to the axis before or after.
    """
    queue = deque(atom for each in axes for atom in leaves(each))
    made: list[Axis] = []
    for size, following in zip(shape, (*shape[1:], 0), strict=True):
        taken: list[Atom] = []
        left = size
        while left > 1 or (queue and queue[0].is_batch and queue[0].size == 1):
            if not queue:
                raise Unaligned
            atom = queue.popleft()
            if left % atom.size == 0:
                taken.append(atom)
                left //= atom.size
            elif atom.size % left == 0 and not atom.is_batch:
                outer, inner = atom.split(left)
                taken.append(outer)
                queue.appendleft(inner)
                left = 1
            else:
                raise Unaligned
            if left == 1:
                break
        if queue and queue[0].is_batch and queue[0].size == 1 and following != 1:
            taken.append(queue.popleft())
        made.append(tuple(taken))
    if queue:
        raise Unaligned
    return tuple(made)


def paired(one: Axis, other: Axis) -> tuple[Axis, Axis]:
    """Two axes of equal size as rows of atoms of equal sizes. Raises ``Unaligned``."""
    first, second = deque(leaves(one)), deque(leaves(other))
    left: list[Atom] = []
    right: list[Atom] = []
    while first and second:
        a, b = first.popleft(), second.popleft()
        if a.is_batch != b.is_batch:
            if a.is_batch and a.size == 1:
                second.appendleft(b)
                continue
            if b.is_batch and b.size == 1:
                first.appendleft(a)
                continue
            raise Unaligned
        if a.size != b.size:
            if a.size > b.size and a.size % b.size == 0:
                a, rest = a.split(b.size)
                first.appendleft(rest)
            elif b.size > a.size and b.size % a.size == 0:
                b, rest = b.split(a.size)
                second.appendleft(rest)
            else:
                raise Unaligned
        left.append(a)
        right.append(b)
    if any(atom.size != 1 for atom in (*first, *second)):
        raise Unaligned
    return tuple(left), tuple(right)
