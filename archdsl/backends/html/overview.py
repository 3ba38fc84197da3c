"""What a page shows unfolded at first: as much as can be taken in and tells most, or so many levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from archdsl.backends.html.items import Item

MOST: Final = 30
"""Boxes that a screen shows in a size that can be read."""


def overview(items: Sequence[Item]) -> list[int]:
    """The numbers of the items to open.

    Time and again the box is opened behind which most of the model lies, as long as the result can be taken in. Of each
    kind of block the first is opened, as the figure in a paper shows each kind once; besides, what only holds other
    blocks, such as a stage. Labelled groups are open in whatever they are a part of, folded blocks included.
    """
    return _Overview(items).found()


def opened_to(items: Sequence[Item], depth: int) -> list[int]:
    """The numbers of the items to open when looking ``depth`` blocks deep: 1 folds all that the model is written of.

    A run of repeats has the level of its blocks, and a group that of the body it stands in.
    """
    holding = {item.parent for item in items[1:]}
    levels = [0]
    for item in items[1:]:
        counts = item.kind == "repeat" or (item.kind == "block" and items[item.parent].kind != "repeat")
        levels.append(levels[item.parent] + counts)
    return [number for number in range(1, len(items)) if number in holding and levels[number] < depth]


class _Overview:
    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._children: list[list[int]] = [[] for _ in items]
        self._ops = [int(item.kind == "op") for item in items]
        for number in range(1, len(items)):
            self._children[items[number].parent].append(number)
        for number in reversed(range(1, len(items))):  # what an item holds comes after it
            self._ops[items[number].parent] += self._ops[number]
        self._opened: set[int] = set()

    def found(self) -> list[int]:
        folded, kinds = [*self._below(0)], set[str]()
        shown = len(folded)
        while folded and shown <= MOST:
            number = max(folded, key=lambda number: (self._hidden(number, folded, kinds), -number))
            folded.remove(number)
            inside = [*self._below(number)]
            if not self._hidden(number, [number], kinds) or shown + len(inside) - 1 > MOST:
                continue
            shown += len(inside) - 1
            kinds.add(self._kind(number))
            self._opened.add(number)
            folded += inside
        groups = (number for number in range(1, len(self._items)) if self._is_part(number))
        return sorted(self._opened.union(groups))

    def _hidden(self, number: int, folded: Sequence[int], kinds: set[str]) -> int:
        """How many ops one would learn about by opening an item: those in all boxes of its kind, if it is new."""
        kind = self._kind(number)
        if not self._children[number]:
            return 0
        if kind not in kinds:
            return sum(self._ops[other] for other in folded if self._kind(other) == kind)
        inside = [*self._below(number)]
        return self._ops[number] if len(inside) > 1 and all(self._children[child] for child in inside) else 0

    def _kind(self, number: int) -> str:
        """The name of the block; a group has none, and is like no other."""
        item = self._items[number]
        return item.path if item.kind == "group" else item.block

    def _below(self, number: int) -> Iterator[int]:
        """The boxes in an item when it is open: groups in it are open too, and of repeats one stands for all."""
        children = self._children[number]
        if self._items[number].kind == "repeat":
            yield from self._below(children[0])
            return
        for child in children:
            if self._is_part(child):
                yield from self._below(child)
            else:
                yield child

    def _is_part(self, number: int) -> bool:
        """Whether it is a group in the body of a block; those of the model itself are its stages."""
        item = self._items[number]
        return item.kind == "group" and item.parent != 0
