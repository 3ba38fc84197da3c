"""How much room a diagram takes, estimated without laying it out: what decides how much is opened, and into columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from archdsl.diagram.options import Options
from archdsl.diagram.outline import Item, Outline
from archdsl.diagram.words import Words, wrap
from archdsl.graph.dims import Shape

SIDES: Final = (538.0, 785.0)
"""A4 within margins of 1 cm, in points."""
SMALLEST: Final = 0.72
"""How small a diagram may become on it by this estimate. At 2/3 the smallest text, of 9 points, has 6."""
LEGIBLE: Final = 0.67
"""How small where else one box would hide most of the model."""
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
_LETTER: Final = 5.7
_ARROW: Final = 16.0
_SHAPE: Final = 28.0
"""What an arrow is longer by where a shape stands on it."""
_BESIDE: Final = 18.0
_FRAME: Final = 13.0
"""The title of a frame, or its foot, and the space around them."""
_END: Final = _ARROW + 2 * _LINE + 8
"""An input, an output, or where a column goes on."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An estimate, in points."""

    width: float
    height: float
    boxes: int
    breaks: tuple[int, ...] = ()
    """The items of the model itself that begin a column each, but the first."""

    @property
    def scale(self) -> float:
        """How small it becomes on a page, held upright or not; it is not made larger."""
        short, long = SIDES
        return min(1.0, max(min(short / self.width, long / self.height), min(long / self.width, short / self.height)))

    @property
    def is_readable(self) -> bool:
        return self.is_larger_than(SMALLEST)

    def is_larger_than(self, scale: float) -> bool:
        return self.scale >= scale and self.boxes <= BOXES


@dataclass(frozen=True, slots=True)
class _Part:
    """Items of the model that stay together in a column."""

    first: int
    width: float
    length: float


class Page:
    """Estimates what becomes of one outline when some of it is open.

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

    def sheet(self, opened: Collection[int]) -> Sheet:
        """In as few columns as give letters of a comfortable size, else in those that give the largest."""
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
        """What lies between the places where the flow is one tensor from one box to another."""
        begins = [1, *self._cuts(), len(self._items)]
        rows, starts = self._rows(boxes, opened)
        parts: list[list[Item]] = [[] for _ in begins]
        for box in boxes:
            parts[bisect_right(begins, box.index) - 1].append(box)
        for first, part in zip(begins, parts, strict=True):
            if not part:
                continue
            wide: dict[int, float] = {}
            for box in part:
                wide[rows[box.index]] = wide.get(rows[box.index], 0.0) + self._size(box)[0] + _BESIDE
            begin = min(starts[box.index] for box in part)
            end = max(starts[box.index] + self._size(box)[1] for box in part)
            frames = 2 * _FRAME * (first in opened)
            yield _Part(first, max(self._title(first, opened), *wide.values()), end - begin + frames + _ARROW + _SHAPE)

    def _title(self, first: int, opened: Collection[int]) -> float:
        """The width that the title of a frame needs."""
        if first not in opened:
            return 0.0
        return _LETTER * max(map(len, wrap(self._words.title(self._items[first])))) + 2 * _BESIDE

    def _cuts(self) -> Iterator[int]:
        """The items of the model before which there is a single tensor, on its way to a single one of them."""
        top = [item.index for item in self._items[1:] if item.parent == 0]
        names: list[set[str]] = [set() for _ in top]
        heads: list[set[int]] = [set() for _ in top]
        for flow in self._flows:
            head = bisect_right(top, flow.head) - 1
            tail = -1 if flow.tail is None else bisect_right(top, flow.tail) - 1
            for place in range(tail + 1, head + 1):
                names[place].add(flow.name)
                heads[place].add(head)
        places = range(1, len(top))
        yield from (top[place] for place in places if len(names[place]) == 1 and len(heads[place]) == 1)

    def _rows(self, boxes: Sequence[Item], opened: Collection[int]) -> tuple[dict[int, int], dict[int, float]]:
        """Of each box the number of its row, and where along the flow it begins."""
        shown = [0] * len(self._items)
        around: list[frozenset[int]] = [frozenset()] * len(self._items)
        for item in self._items[1:]:
            framed = item.index in opened and item.index not in self._unframed
            shown[item.index] = item.index if item.parent in opened else shown[item.parent]
            around[item.index] = around[item.parent] | {item.index} if framed else around[item.parent]
        rows, starts = {box.index: 0 for box in boxes}, {box.index: 0.0 for box in boxes}
        taken: dict[int, set[Shape]] = {}
        for flow in self._flows:
            head = shown[flow.head]
            if flow.tail is None or (tail := shown[flow.tail]) >= head:
                taken.setdefault(head, set()).add(flow.shape)
                continue
            crossed = len(around[head] ^ around[tail])
            taken.setdefault(head, set()).add(flow.shape)
            arrow = _ARROW + _SHAPE * (flow.shape not in taken.get(tail, ()))
            after = starts[tail] + self._size(self._items[tail])[1] + arrow + _FRAME * crossed
            starts[head] = max(starts[head], after)
            rows[head] = max(rows[head], rows[tail] + 1)
        return rows, starts

    def _size(self, item: Item) -> tuple[float, float]:
        """Across the flow and along it."""
        known = self._sizes.get(item.index)
        if known is None:
            lines = self._words.lines(item)
            width, height = _LETTER * max(map(len, lines)) + 17, max(22.0, _LINE * (len(lines) + self._figures) + 8)
            known = self._sizes[item.index] = (width, height) if self._upright else (height, width)
        return known


def _columns(parts: Sequence[_Part], number: int) -> Iterator[Sequence[_Part]]:
    """The parts in their order, in columns of which the longest is as short as can be; no columns of no parts."""
    number = min(number, len(parts))
    ends = [0.0, *accumulate(part.length for part in parts)]
    shortest = {(0, 0): (0.0, 0)}  # by the count of columns and of parts in them: the longest column, the last's start
    for columns in range(1, number + 1):
        for end in range(columns, len(parts) + 1):
            shortest[columns, end] = min(
                (max(shortest[columns - 1, start][0], ends[end] - ends[start]), start)
                for start in range(columns - 1, end)
                if (columns - 1, start) in shortest
            )
    found, end = [], len(parts)
    for columns in range(number, 0, -1):
        start = shortest[columns, end][1]
        found.append(parts[start:end])
        end = start
    yield from reversed(found)
