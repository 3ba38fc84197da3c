"""Which blocks a diagram opens: those asked for, those down to a depth, or those that fit on a page and tell most."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from archdsl.diagnostics.suggest import did_you_mean
from archdsl.diagram.options import DiagramError, Options
from archdsl.diagram.outline import Item, Outline, opened, outline
from archdsl.diagram.page import Page
from archdsl.diagram.runs import Runs, same, similar
from archdsl.diagram.words import LINES, Words
from archdsl.graph.model import Graph, Node
from archdsl.passes.cost import Cost

_NOTHING: Final = (False, False, 0)


@dataclass(frozen=True, slots=True)
class Folding:
    outline: Outline
    opened: frozenset[int]
    """The items drawn as frames, or by what is in them."""
    unframed: frozenset[int] = frozenset()
    """Those of them that need no frame: branches which a join brings together again."""


def folding(graph: Graph, options: Options, costs: Cost) -> Folding:
    """Decides what is open.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    _check_names(graph, (*options.fold, *options.unfold))
    found = _whole(graph) if options.depth == "all" else _repeats(graph, options, costs)
    return _as_asked(found, options)


def _whole(graph: Graph) -> Folding:
    listed = outline(graph, None)
    return Folding(listed, opened(listed, lambda _: True))


def _repeats(graph: Graph, options: Options, costs: Cost) -> Folding:
    instances = {instance.path for instance in graph.instances}
    notes = {path: "named" for path in (*options.fold, *options.unfold) if path in instances} | dict(options.marks)
    listed = outline(graph, Runs(graph, same, notes))
    if isinstance(options.depth, int):
        return Folding(listed, _down_to(listed, options.depth))
    chooser = _Chooser(listed, costs, options)
    if not chooser.is_one_page():
        chooser = _Chooser(outline(graph, Runs(graph, similar, notes)), costs, options)
    return chooser.folding()


def _down_to(listed: Outline, depth: int) -> frozenset[int]:
    """A group is part of the body that it is written in, and so no level of its own; nor is a repeat."""
    levels = [0] * len(listed.items)
    for item in listed.items[1:]:
        levels[item.index] = levels[item.parent] + (item.kind == "block")
    return opened(listed, lambda item: levels[item.index] < depth)


class _Chooser:
    """Opens one kind of block after the other, that first behind which most of the model lies.

    Of each kind the one that repeats most is opened, as a paper's figure shows each kind once; besides, what only holds
    other blocks, as stages do. A box that would make the page too full stays closed.
    """

    def __init__(self, listed: Outline, costs: Cost, options: Options) -> None:
        self._outline = listed
        self._items = listed.items
        self._folded = frozenset(options.fold)
        self._ops = [int(item.kind == "op") * len(item.copies) for item in listed.items]
        self._marked = [item.path in options.marks for item in listed.items]
        for item in reversed(listed.items[1:]):  # what an item holds comes after it
            self._ops[item.parent] += self._ops[item.index]
            self._marked[item.parent] |= self._marked[item.index]
        branches = _branches(listed)
        self._unframed = frozenset(index for index in branches if not self._is_list(listed.items[index]))
        self._parts = frozenset(item.index for item in listed.items if self._is_part(item))
        self._page = Page(listed, Words(listed, costs), options, self._unframed)

    def is_one_page(self) -> bool:
        """Whether it is when nothing is opened."""
        return self._page.fits(self._with(()))

    def folding(self) -> Folding:
        chosen, kinds, refused = set[int](), set[str](), set[int]()
        while True:
            state = self._with(chosen)
            closed = [item for item in self._items if item.parent in state and item.index not in state]
            worth = {item.index: self._worth(item, closed, kinds) for item in closed if item.index not in refused}
            best = max(worth, key=lambda index: (worth[index], len(self._items[index].copies), -index), default=0)
            if not best or worth[best] == _NOTHING:
                return Folding(self._outline, state, self._unframed)
            if self._page.fits(self._with(chosen | {best})):
                chosen.add(best)
                kinds.add(self._kind(self._items[best]))
            else:
                refused.add(best)

    def _with(self, chosen: Collection[int]) -> frozenset[int]:
        return opened(self._outline, lambda item: item.index in chosen or item.index in self._parts)

    def _worth(self, item: Item, closed: Iterable[Item], kinds: Collection[str]) -> tuple[bool, bool, int]:
        """What one would learn by opening a box. The most by one that has a mark inside, the least by a mere list of
        ops; else it counts how many ops are in all boxes of its kind.
        """
        if item.kind == "op" or _names(item) & self._folded:
            return _NOTHING
        marked, listed = self._marked[item.index], self._is_list(item)
        kind = self._kind(item)
        if item.kind == "group" and listed:
            ops = 0  # its box says it all
        elif kind not in kinds:
            ops = sum(self._ops[other.index] for other in closed if self._kind(other) == kind)
        else:
            ops = self._ops[item.index] if self._holds_blocks(item) else 0
        return (marked, not listed, ops) if marked or ops else _NOTHING

    def _kind(self, item: Item) -> str:
        """Blocks of one name and as many ops. With a projection a bottleneck is another; a group is like no other."""
        if item.kind != "block":
            return item.path
        return f"{item.instance.block} {self._ops[item.index] // len(item.copies)}"

    def _holds_blocks(self, item: Item) -> bool:
        inside = [self._items[child] for child in item.children]
        return len(inside) > 1 and all(child.kind != "op" for child in inside)

    def _is_list(self, item: Item) -> bool:
        """Whether an item is but a few ops, which a box can say as well as a frame can show."""
        inside = [self._items[child] for child in item.children]
        return len(inside) <= LINES and all(child.kind == "op" for child in inside)

    def _is_part(self, item: Item) -> bool:
        """Whether an item is open wherever what is around it is: what repeats, branches, groups in a block's body."""
        inner = item.kind == "group" and item.parent != 0 and not self._is_list(item)
        return item.kind == "repeat" or item.index in self._unframed or inner


def _branches(listed: Outline) -> frozenset[int]:
    """Groups whose only way leads into a join beside them: the branches of ``add``, ``concat`` and the like."""
    items, found = listed.items, dict[int, bool]()
    for flow in listed.flows:
        index, head = flow.tail, items[flow.head]
        while index:
            item = items[index]
            if item.kind == "group" and not _lies_in(items, head, index):
                joins = isinstance(head.first, Node) and len(head.first.inputs) > 1 and head.parent == item.parent
                found[index] = found.get(index, True) and joins
            index = item.parent
    return frozenset(index for index, joins in found.items() if joins)


def _lies_in(items: Sequence[Item], item: Item, around: int) -> bool:
    index = item.index
    while index > around:
        index = items[index].parent
    return index == around


def _as_asked(found: Folding, options: Options) -> Folding:
    """What ``fold`` and ``unfold`` say, over what was chosen."""
    if not options.fold and not options.unfold:
        return found
    items, fold, wanted = found.outline.items, frozenset(options.fold), set[int]()
    shown = {item.index for item in items if item.parent in found.opened}
    for name in options.unfold:
        meant = [item for item in items if name in _names(item)]
        seen = [item.index for item in meant if item.index in shown]
        wanted.update(seen or [item.index for item in meant[:1]])
    for item in reversed(items[1:]):  # what is around an item comes before it
        if item.index in wanted:
            wanted.add(item.parent)
    open_now = opened(
        found.outline, lambda item: (item.index in found.opened or item.index in wanted) and not _names(item) & fold
    )
    return Folding(found.outline, open_now, found.unframed)


def _names(item: Item) -> frozenset[str]:
    """What a reader may call an item: the block's name, or the path of any instance that it stands for."""
    if item.kind in ("op", "repeat"):
        return frozenset()
    paths = {copy.instance.path for copy in item.copies if not isinstance(copy, Node)}
    return frozenset({item.instance.block, *paths})


def _check_names(graph: Graph, names: Iterable[str]) -> None:
    known = dict.fromkeys(name for each in graph.instances[1:] for name in (each.block, each.path))
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            raise DiagramError(f"no block or instance is called {name}" + (f": {near[0]}" if near else ""))
