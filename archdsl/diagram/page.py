"""Estimates the size of a diagram without laying it out, to decide what to open and how to break it into columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from math import inf
from typing import Final

from archdsl.diagram.options import Options
from archdsl.diagram.outline import Item, Outline
from archdsl.diagram.words import TITLE, Words, size, wrap
from archdsl.graph.dims import Shape

SIDES: Final = (538.0, 785.0)
"""A4 within margins of 1 cm, in points."""
SMALLEST: Final = 0.69
"""How small a diagram may become on it by this estimate, which can be 3% off. At 2/3 the smallest text, of 9 points,
has 6."""
LEGIBLE: Final = 0.45
"""How small it may become where else one box would hide most of the model: letters of four points, for a screen,"""
ROOMY: Final = 0.72
"""and for the sake of a mere list of ops."""
BOXES: Final = 48
"""What a reader takes in at once, even where more would fit."""

_COMFORTABLE: Final = 0.95
"""A scale that is no reason to break a chain into more columns."""
_BETTER: Final = 1.12
"""How much larger letters a further column must bring."""
_COLUMNS: Final = 4
_MANY: Final = 300
"""Boxes from which on no column makes a page of them."""
_HEADER: Final = 80.0
_LINE: Final = 13.2
_LETTER: Final = 5.4
_ARROW: Final = 14.5
_SHAPE: Final = 12.0
"""How high the shape on an arrow is, and how wide"""
_SMALL: Final = 4.6
"""each of its letters,"""
_BLOCK: Final = 12.0
"""and the block beside it."""
_BESIDE: Final = 18.0
_FRAME: Final = 13.0
"""The title of a frame, or its foot, and the space around them."""
_FORK: Final = _ARROW + 4
"""A dot, and the arrow from there."""
_END: Final = _ARROW + 2 * _LINE + 8
"""An input, an output, or where a column goes on."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An estimated size in points."""

    width: float
    height: float
    boxes: int
    breaks: tuple[int, ...] = ()
    """The items of the model itself that begin a column each, but the first."""

    @property
    def scale(self) -> float:
        """The scale that fits it on a page, upright or sideways; at most 1."""
        short, long = SIDES
        return min(1.0, max(min(short / self.width, long / self.height), min(long / self.width, short / self.height)))

    def is_readable(self, smallest: float = SMALLEST) -> bool:
        return self.scale >= smallest and self.boxes <= BOXES


@dataclass(frozen=True, slots=True)
class _Part:
    """Consecutive items of the model that stay in one column."""

    first: int
    width: float
    length: float


class Page:
    """Estimates the size of one outline for a set of open items.

    Boxes are put into rows by the longest way that leads to them, as Graphviz does; a row is as wide as its boxes, a
    frame as its title.
    """

    def __init__(self, listed: Outline, words: Words, options: Options, unframed: Collection[int] = ()) -> None:
        self._items = listed.items
        self._flows = listed.flows
        self._words = words
        self._upright = options.direction in ("TB", "BT")
        self._unframed = unframed
        self._figures = int(options.color != "family")
        """Lines that each box has besides."""
        self._sizes: dict[int, tuple[float, float]] = {}
        self._heads: dict[int, float] = {}

    def sheet(self, opened: Collection[int]) -> Sheet:
        """The fewest columns with a comfortable font size, else those with the largest."""
        boxes = [item for item in self._items[1:] if item.parent in opened and item.index not in opened]
        parts = [*self._parts(boxes, opened)]
        best = self._arranged(parts, 1, len(boxes))
        for number in range(2, min(_COLUMNS, len(parts)) + 1):
            if best.scale >= _COMFORTABLE or len(boxes) > _MANY:
                break
            sheet = self._arranged(parts, number, len(boxes))
            if sheet.scale > _BETTER * best.scale:
                best = sheet
        return best

    def _arranged(self, parts: Sequence[_Part], number: int, boxes: int) -> Sheet:
        columns = [*_columns(parts, number)]
        across = sum(max(part.width for part in column) + 2 * _BESIDE for column in columns) or 2 * _BESIDE
        along = max((sum(part.length for part in column) for column in columns), default=0.0) + 2 * _END
        width, height = (across, along) if self._upright else (along, across)
        return Sheet(width, height + _HEADER, boxes, tuple(column[0].first for column in columns[1:]))

    def _parts(self, boxes: Sequence[Item], opened: Collection[int]) -> Iterator[_Part]:
        """The parts between places where the flow is a single tensor from one box to another."""
        begins = [1, *self._cuts(), len(self._items)]
        rows, starts, around = self._rows(boxes, opened)
        parts: list[list[Item]] = [[] for _ in begins]
        for box in boxes:
            parts[bisect_right(begins, box.index) - 1].append(box)
        found = [(first, part) for first, part in zip(begins, parts, strict=True) if part]
        begin = [min(starts[box.index] - sum(map(self._head, around[box.index])) for box in part) for _, part in found]
        for (first, part), start, after in zip(found, begin, [*begin[1:], 0.0], strict=False):
            wide: dict[int, float] = {}
            for box in part:
                wide[rows[box.index]] = wide.get(rows[box.index], 0.0) + self._size(box)[0] + _BESIDE
            end = max(starts[box.index] + self._size(box)[1] + _FRAME * len(around[box.index]) for box in part)
            titles = 0.0 if self._upright else _FRAME * max(len(around[box.index]) for box in part)
            yield _Part(first, max(self._title(first, opened), *wide.values()) + titles, max(end, after) - start)

    def _title(self, first: int, opened: Collection[int]) -> float:
        """The width of a frame's title."""
        if first not in opened:
            return 0.0
        return _LETTER * max(map(len, wrap(self._words.title(self._items[first]), TITLE))) + 2 * _BESIDE

    def _cuts(self) -> Iterator[int]:
        """The items of the model with a single tensor crossing before them, which flows to them.

        An item that takes none, such as a table of positions, lies beside those before it.
        """
        top = [item.index for item in self._items[1:] if item.parent == 0]
        tensors: dict[str, tuple[int, int]] = {}
        takers: dict[int, tuple[int, int]] = {}
        for flow in self._flows:
            head = bisect_right(top, flow.head) - 1
            tail = -1 if flow.tail is None else bisect_right(top, flow.tail) - 1
            if tail < head:
                first, last = tensors.get(flow.name, (tail + 1, head))
                tensors[flow.name] = min(first, tail + 1), max(last, head)
                takers[head] = min(takers.get(head, (tail + 1, head))[0], tail + 1), head
        on_the_way = zip(top, _crossing(tensors.values(), len(top)), _crossing(takers.values(), len(top)), strict=True)
        for number, (place, names, heads) in enumerate(on_the_way):
            if number and names == heads == 1 and number in takers:
                yield place

    def _rows(
        self, boxes: Sequence[Item], opened: Collection[int]
    ) -> tuple[dict[int, int], dict[int, float], Sequence[frozenset[int]]]:
        """For each box its row, its offset along the flow, and the frames around it."""
        shown = [0] * len(self._items)
        around: list[frozenset[int]] = [frozenset()] * len(self._items)
        for item in self._items[1:]:
            framed = item.index in opened and item.index not in self._unframed
            shown[item.index] = item.index if item.parent in opened else shown[item.parent]
            around[item.index] = around[item.parent] | {item.index} if framed else around[item.parent]
        rows = {box.index: 0 for box in boxes}
        starts = {box.index: sum(map(self._head, around[box.index])) for box in boxes}
        taken: dict[int, set[Shape]] = {}
        forked = self._forked(shown, around)
        for flow in self._flows:
            head, tail = shown[flow.head], None if flow.tail is None else shown[flow.tail]
            if tail == head:
                continue  # inside of a box
            taken.setdefault(head, set()).add(flow.shape)
            if tail is None or tail > head:
                continue
            into, out = around[head] - around[tail], around[tail] - around[head]
            arrow = _ARROW + self._label(flow.shape) * (flow.shape not in taken.get(tail, ()))
            frames = _FRAME * len(out) + sum(map(self._head, into))
            fork = _FORK if into and (flow.name, min(into)) in forked else 0.0
            after = starts[tail] + self._size(self._items[tail])[1] + arrow + frames + fork
            starts[head] = max(starts[head], after)
            rows[head] = max(rows[head], rows[tail] + 1)
        return rows, starts, around

    def _forked(self, shown: Sequence[int], around: Sequence[frozenset[int]]) -> frozenset[tuple[str, int]]:
        """Tensors with several users inside of a frame, with the outermost frame that they enter."""
        heads: dict[tuple[str, int], set[int]] = {}
        for flow in self._flows:
            outside = frozenset[int]() if flow.tail is None else around[shown[flow.tail]]
            if into := around[shown[flow.head]] - outside:
                heads.setdefault((flow.name, min(into)), set()).add(shown[flow.head])
        return frozenset(entry for entry, boxes in heads.items() if len(boxes) > 1)

    def _label(self, shape: Shape) -> float:
        """The additional length of an arrow with a shape as label."""
        return _ARROW + (_SHAPE if self._upright else _SMALL * len(size(shape)) + _BLOCK)

    def _head(self, frame: int) -> float:
        """The height of a frame's head along the flow."""
        if frame not in self._heads:
            title = wrap(self._words.title(self._items[frame]), TITLE)
            self._heads[frame] = _FRAME + _LINE * (len(title) - 1) * self._upright
        return self._heads[frame]

    def _size(self, item: Item) -> tuple[float, float]:
        """The size across the flow and along it."""
        known = self._sizes.get(item.index)
        if known is None:
            lines = self._words.lines(item)
            width, height = _LETTER * max(map(len, lines)) + 17, max(22.0, _LINE * (len(lines) + self._figures) + 8)
            known = self._sizes[item.index] = (width, height) if self._upright else (height, width)
        return known


def _crossing(ranges: Iterable[tuple[int, int]], places: int) -> Iterator[int]:
    """The number of ranges, ends included, that contain each place."""
    steps = [0] * (places + 1)
    for first, last in ranges:
        steps[first] += 1
        steps[last + 1] -= 1
    return islice(accumulate(steps), places)


def _columns(parts: Sequence[_Part], number: int) -> Iterator[Sequence[_Part]]:
    """The parts in order, split into columns so that the longest is as short as possible; none for no parts."""
    number = min(number, len(parts))
    if number == 1:
        yield parts
        return
    ends = [0.0, *accumulate(part.length for part in parts)]
    shortest = [0.0, *[inf] * len(parts)]  # by the number of parts in the columns so far: the longest of these
    begins: list[list[int]] = []  # of each column, by the part that it ends before, the part that it begins with
    for columns in range(1, number + 1):
        longest, begin, start = [inf] * len(ends), [0] * len(ends), columns - 1
        for end in range(columns, len(ends)):
            # The later the last column starts, the shorter it is and the longer are those before: the best is where
            # the one is about to be shorter than the other, which moves on as the end does.
            while start + 1 < end and shortest[start] < ends[end] - ends[start]:
                start += 1
            choices = [max(start - 1, columns - 1), start]
            longest[end], begin[end] = min((max(shortest[s], ends[end] - ends[s]), s) for s in choices)
        shortest = longest
        begins.append(begin)
    found, end = [], len(parts)
    for columns in range(number, 0, -1):
        start = begins[columns - 1][end]
        found.append(parts[start:end])
        end = start
    yield from reversed(found)
