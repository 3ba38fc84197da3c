"""How much room a diagram takes, estimated without laying it out: what decides how much of it is opened."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from archdsl.diagram.options import Options
from archdsl.diagram.outline import Item, Outline
from archdsl.diagram.words import Words, wrap

SIDES: Final = (538.0, 785.0)
"""A4 within margins of 1 cm, in points."""
SCALE: Final = 0.68
"""How much smaller a diagram may become on it: the smallest text has 9 points, and then 6."""
BOXES: Final = 40
"""What a reader takes in at once, even where more would fit."""

_HEADER: Final = 80.0
_LINE: Final = 13.2
_LETTER: Final = 5.7
_GAP: Final = 34.0
"""Between boxes, with an arrow and a shape."""
_BESIDE: Final = 22.0
_FRAME: Final = 14.0
"""The title of a frame, or its foot, and the space around them."""


class Page:
    """Judges what may be opened of one outline.

    Boxes are put into rows by the longest way that leads to them, as Graphviz does; a row is as wide as its boxes, a
    frame as its title.
    """

    def __init__(self, listed: Outline, words: Words, options: Options, unframed: Collection[int] = ()) -> None:
        self._outline = listed
        self._words = words
        self._upright = options.direction in ("TB", "BT")
        self._unframed = unframed
        self._sizes: dict[int, tuple[float, float]] = {}

    def fits(self, opened: Collection[int]) -> bool:
        """Whether a page shows this much, held upright or not, in letters of a readable size."""
        width, height, boxes = self.extent(opened)
        short, long = (side / SCALE for side in SIDES)
        return boxes <= BOXES and min(width, height) <= short and max(width, height) <= long

    def extent(self, opened: Collection[int]) -> tuple[float, float, int]:
        """Width and height in points, and the number of boxes."""
        items = self._outline.items
        shown = [0] * len(items)  # of each item the box that shows it, or itself where it is open
        frames = [0] * len(items)
        starts: dict[int, float] = {}
        row: dict[int, int] = {}
        wide = 0.0
        for item in items[1:]:
            parent = item.parent
            shown[item.index] = item.index if parent in opened else shown[parent]
            frames[item.index] = frames[parent]
            if item.index in opened and item.index not in self._unframed:
                frames[item.index] += 1
                wide = max(wide, _LETTER * max(map(len, wrap(self._words.title(item)))) + 40)
        boxes = [item for item in items if item.parent in opened and item.index not in opened]
        for item in boxes:
            starts[item.index], row[item.index] = 0.0, 0
        for flow in self._outline.flows:
            head = shown[flow.head]
            if flow.tail is None or (tail := shown[flow.tail]) >= head:
                continue
            crossed = abs(frames[items[head].parent] - frames[items[tail].parent])
            after = starts[tail] + self._size(items[tail])[1] + _GAP + _FRAME * crossed
            starts[head] = max(starts[head], after)
            row[head] = max(row[head], row[tail] + 1)
        rows: dict[int, float] = {}
        for item in boxes:
            rows[row[item.index]] = rows.get(row[item.index], 0.0) + self._size(item)[0] + _BESIDE
        along = max((starts[item.index] + self._size(item)[1] for item in boxes), default=0.0)
        across = max([wide, *rows.values()]) + 2 * _BESIDE
        ends = 2 * (_GAP + 2 * _LINE)
        width, height = (across, along + ends) if self._upright else (along + ends, across)
        return width, height + _HEADER, len(boxes)

    def _size(self, item: Item) -> tuple[float, float]:
        """Across the flow and along it."""
        known = self._sizes.get(item.index)
        if known is None:
            lines = self._words.lines(item)
            width, height = _LETTER * max(map(len, lines)) + 17, max(22.0, _LINE * len(lines) + 8)
            known = self._sizes[item.index] = (width, height) if self._upright else (height, width)
        return known
