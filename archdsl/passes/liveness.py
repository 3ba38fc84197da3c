"""Liveness: the nodes that no output needs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def dead(nodes: Sequence[tuple[Key, Iterable[Key]]], outputs: Iterable[Key]) -> list[Key]:
    """The keys of dead nodes, from which no output can be reached, in the order given.

    ``nodes`` are pairs of a key and the keys of its inputs in topological order, so one sweep from the end suffices.
    Inputs that are no nodes, such as those of the model, are ignored.

    >>> dead([("a", ["x"]), ("b", ["a"]), ("c", ["b"]), ("d", ["a"])], outputs=["d"])
    ['b', 'c']
    """
    needed = set(outputs)
    found = []
    for key, inputs in reversed(nodes):
        if key in needed:
            needed.update(inputs)
        else:
            found.append(key)
    return found[::-1]
