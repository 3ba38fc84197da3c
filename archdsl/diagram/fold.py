"""Chooses the blocks that a diagram opens: those asked for, those down to a depth, or the most telling on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from archdsl.diagnostics.suggest import did_you_mean
from archdsl.diagram.options import DiagramError, Options
from archdsl.diagram.outline import Item, Outline, opened, outline
from archdsl.diagram.page import LEGIBLE, ROOMY, SMALLEST, Page
from archdsl.diagram.rise import rise
from archdsl.diagram.runs import Runs, same, similar
from archdsl.diagram.words import Words
from archdsl.graph.model import Graph, Node
from archdsl.passes.constants import constants
from archdsl.passes.cost import Cost

_NOTHING: Final = (False, 0, 0)
_TRIES: Final = 200_000
"""Items that are looked at while boxes are chosen to be opened, each again for every box: thirty times as many as the
zoo takes. A model with more has very many boxes, of which the best ones are open by then.
"""


@dataclass(frozen=True, slots=True)
class Folding:
    outline: Outline
    opened: frozenset[int]
    """The items drawn as frames, or by what is in them."""
    unframed: frozenset[int] = frozenset()
    """Those of them that need no frame: branches which a join brings together again."""
    breaks: tuple[int, ...] = ()
    """The items of the model that begin a new column."""
    rise: int | None = None
    """The first item on the way up, of a model that goes down and up again."""


def folding(graph: Graph, options: Options, costs: Cost) -> Folding:
    """Decides which items are open.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    _check_names(graph, (*options.fold, *options.unfold))
    found = _whole(graph) if options.depth == "all" else _repeats(graph, options, costs)
    found = _as_asked(found, options)
    way_up = rise(found.outline)
    return _in_columns(found, options, costs) if way_up is None else replace(found, rise=way_up)


def _whole(graph: Graph) -> Folding:
    listed = outline(graph, None)
    return Folding(listed, opened(listed, lambda _: True))


def _repeats(graph: Graph, options: Options, costs: Cost) -> Folding:
    instances = {instance.path for instance in graph.instances}
    notes = {path: "named" for path in (*options.fold, *options.unfold) if path in instances} | dict(options.marks)
    listed = outline(graph, Runs(graph, same, notes))
    if isinstance(options.depth, int):
        return Folding(listed, _down_to(listed, options.depth), _branches(graph, listed))
    chooser = _Chooser(listed, _branches(graph, listed), costs, options)
    if not chooser.is_too_full(found := chooser.folding()):
        return found
    alike = outline(graph, Runs(graph, similar, notes))
    branches = _branches(graph, alike)
    chooser = _Chooser(alike, branches, costs, options)
    if not chooser.is_too_full(found := chooser.folding()):
        return found
    return _Chooser(alike, branches, costs, options, hidden=LEGIBLE).folding()


def _down_to(listed: Outline, depth: int) -> frozenset[int]:
    """Opens items down to a depth. Groups and repeats are part of the body around them, and count as no level."""
    levels = [0] * len(listed.items)
    for item in listed.items[1:]:
        levels[item.index] = levels[item.parent] + (item.kind == "block")
    return opened(listed, lambda item: levels[item.index] < depth)


class _Chooser:
    """Opens one kind of block after the other, first the one that holds most of the model.

    Of each kind the one that repeats most is opened, as a paper's figure shows each kind once; besides, what only holds
    other blocks, as stages do. A box that would make the page too full stays closed.
    """

    def __init__(
        self, listed: Outline, branches: Collection[int], costs: Cost, options: Options, hidden: float = SMALLEST
    ) -> None:
        self._outline = listed
        self._hidden = hidden
        """How small the diagram may become for the sake of what would hide most of the model."""
        self._items = listed.items
        self._folded = frozenset(options.fold)
        self._words = Words(listed, costs)
        self._ops = [int(item.kind == "op") * len(item.copies) for item in listed.items]
        self._weighty = [int(_is_weighty(item)) for item in listed.items]
        self._marks = options.marks
        self._marked = [False] * len(listed.items)
        """Of each item, whether there are marks inside."""
        for item in reversed(listed.items[1:]):  # what an item holds comes after it
            self._ops[item.parent] += self._ops[item.index]
            self._weighty[item.parent] += self._weighty[item.index]
            self._marked[item.parent] |= self._marked[item.index] or item.path in options.marks
        self._unframed = frozenset(index for index in branches if not self._words.is_list(listed.items[index]))
        self._parts = frozenset(item.index for item in listed.items if self._is_part(item))
        self._page = Page(listed, self._words, options, self._unframed)

    def is_too_full(self, found: Folding) -> bool:
        """Whether more than a page is needed when nothing is open, or one box hides most of the model."""
        closed = [item for item in self._items if item.parent in found.opened and item.index not in found.opened]
        most = max((self._ops[item.index] for item in closed if item.times == 1), default=0)
        return 2 * most > self._ops[0] or not self._page.sheet(found.opened).is_readable()

    def folding(self) -> Folding:
        chosen, kinds, refused, tries = set[int](), set[str](), set[int](), 0
        while True:
            state = self._with(chosen)
            closed = [item for item in self._items if item.parent in state and item.index not in state]
            ops = Counter[str]()
            for item in closed:
                ops[self._kind(item)] += self._ops[item.index]
            worth = {item.index: self._worth(item, ops, kinds) for item in closed if item.index not in refused}
            best = max(worth, key=lambda index: (worth[index], len(self._items[index].copies), -index), default=0)
            tries += len(self._items)
            if not best or worth[best] == _NOTHING or tries > _TRIES:
                return Folding(self._outline, state, self._unframed)
            if self._page.sheet(self._with(chosen | {best})).is_readable(self._smallest(best)):
                chosen.add(best)
                kinds.add(self._kind(self._items[best]))
            else:
                refused.add(best)

    def _smallest(self, index: int) -> float:
        """The smallest scale allowed for opening a box, which is less if it hides more."""
        if 2 * self._ops[index] > self._ops[0]:
            return self._hidden
        return ROOMY if self._words.is_list(self._items[index]) else SMALLEST

    def _with(self, chosen: Collection[int]) -> frozenset[int]:
        return opened(self._outline, lambda item: item.index in chosen or item.index in self._parts)

    def _worth(self, item: Item, closed: Mapping[str, int], kinds: Collection[str]) -> tuple[bool, int, int]:
        """The priority of opening a box.

        The most by one that has a mark inside; then by what holds blocks, and so shows how the model is built; the
        least by a mere list of ops. Among equals it counts how many ops are in all boxes of the kind: in those that
        are ``closed``.
        """
        if item.kind == "op" or _names(item) & self._folded or self._marks.get(item.path) in ("added", "removed"):
            return _NOTHING  # what is new or gone as a whole is one box
        marked, listed, holds = self._marked[item.index], self._words.is_list(item), self._holds_blocks(item)
        kind = self._kind(item)
        if item.kind == "group" and listed:
            ops = 0  # its box says it all
        elif kind not in kinds:
            ops = closed[kind]
        else:
            ops = self._ops[item.index] if holds else 0
        return (marked, 2 if holds else 0 if listed else 1, ops) if marked or ops else _NOTHING

    def _kind(self, item: Item) -> str:
        """A key of blocks of one name and numbers of weights and joins: with a projection, a bottleneck is another."""
        return f"{item.instance.block} {self._weighty[item.index]}" if item.kind == "block" else item.path

    def _holds_blocks(self, item: Item) -> bool:
        inside = [self._items[child] for child in item.children]
        return sum(len(child.children) if child.kind == "repeat" else 1 for child in inside) > 1 and all(
            child.kind != "op" and not (child.kind == "group" and self._words.is_list(child)) for child in inside
        )

    def _is_part(self, item: Item) -> bool:
        """Whether an item is opened together with its parent: repeats, branches, groups in a block's body."""
        inner = item.kind == "group" and item.parent != 0 and not self._words.is_list(item)
        return item.kind == "repeat" or item.index in self._unframed or inner


def _is_weighty(item: Item) -> bool:
    return isinstance(item.first, Node) and item.first.op.family in ("convolution", "linear", "joining")


def _branches(graph: Graph, listed: Outline) -> frozenset[int]:
    """Groups whose only output goes into a sibling join: the branches of ``add``, ``concat`` and the like.

    What is joined with constants alone, such as positions, is no branch.
    """
    items, found, constant = listed.items, dict[int, bool](), constants(graph)
    for flow in listed.flows:
        index, head = flow.tail, items[flow.head]
        while index:
            item = items[index]
            if item.kind == "group" and not _lies_in(items, head, index):
                joined = head.first.inputs if isinstance(head.first, Node) else ()
                others = len(joined) - 1 if flow.name in constant else sum(name not in constant for name in joined) - 1
                found[index] = found.get(index, True) and others > 0 and head.parent == item.parent
            index = item.parent
    return frozenset(index for index, joins in found.items() if joins)


def _lies_in(items: Sequence[Item], item: Item, around: int) -> bool:
    index = item.index
    while index > around:
        index = items[index].parent
    return index == around


def _as_asked(found: Folding, options: Options) -> Folding:
    """Applies ``fold`` and ``unfold`` to the choice."""
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
        found.outline,
        lambda item: (
            not _names(item) & fold
            and (item.index in found.opened | wanted or (item.parent in wanted and item.kind in ("group", "repeat")))
        ),
    )
    return replace(found, opened=open_now)


def _in_columns(found: Folding, options: Options, costs: Cost) -> Folding:
    """Breaks a chain into columns if it is larger on a page then; not for all ops of a model: a screen scrolls."""
    if options.depth == "all":
        return found
    page = Page(found.outline, Words(found.outline, costs), options, found.unframed)
    return replace(found, breaks=page.sheet(found.opened).breaks)


def _names(item: Item) -> frozenset[str]:
    """The names of an item for ``fold``: the block's name, or the path of any instance that it stands for."""
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
