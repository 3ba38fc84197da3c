"""The pretty printer: breaks a stream into lines."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from archdsl.format.stream import Break, Chain, Close, Dedent, Group, Indent, Item, Mark, Open, Remark, Verbatim, When

WIDTH: Final = 120
"""Characters of a line."""


class Anchor:
    """A place in a line that others are indented to."""

    __slots__ = ("line", "offset")

    def __init__(self, line: Line, offset: int) -> None:
        self.line = line
        self.offset = offset


class Line:
    """A line: its indentation, its text, and the places where blanks may be widened."""

    __slots__ = ("anchor", "indent", "is_verbatim", "marks", "pads", "paragraph", "text")

    def __init__(self, anchor: Anchor | None, indent: int, text: str = "", *, is_verbatim: bool = False) -> None:
        self.anchor = anchor
        self.indent = indent
        self.text = text
        self.is_verbatim = is_verbatim
        self.marks: list[tuple[int, Mark]] = []
        self.paragraph = 0
        """Columns do not reach from one paragraph to another."""
        self.pads: list[tuple[int, int]] = []
        """Blanks that are added, and before which character."""

    def column(self, offset: int) -> int:
        """The column of a character of the text."""
        return self.margin() + offset + sum(count for place, count in self.pads if place <= offset)

    def margin(self) -> int:
        """The column where the text begins."""
        return self.indent + (self.anchor.line.column(self.anchor.offset) if self.anchor else 0)

    def __str__(self) -> str:
        if self.is_verbatim or not self.text:
            return self.text
        text = self.text
        for place, count in sorted(self.pads, reverse=True):
            text = text[:place] + " " * count + text[place:]
        return " " * self.margin() + text


class Printer:
    """Breaks a stream into lines."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.lines: list[Line] = []
        sizes = (len(i) if type(i) is str else len(i.flat) if type(i) is Break else 0 for i in items)
        self._before = [0, *accumulate(sizes)]
        self._next_place, self._next_end = self._following()
        self._line = Line(None, 0)
        self._column = 0
        self._remarks: list[str] = []
        self._margins: list[tuple[Anchor | None, int]] = [(None, 0)]
        self._starts: dict[Chain, Anchor] = {}
        """Where flows begin that stand after a label, up to their first line break."""

    def _following(self) -> tuple[list[int], list[int]]:
        """For each item the next possible line break, and the next forced one."""
        count = len(self.items)
        place = end = count
        places, ends = [count] * (count + 1), [count] * (count + 1)
        for at in range(count - 1, -1, -1):
            item = self.items[at]
            if type(item) is Break and item.when is not When.NEVER:
                place = at
                if item.must or (item.when is When.BROKEN and item.group is not None and item.group.forced):
                    end = at
            elif type(item) is Verbatim:
                place = end = at
            places[at], ends[at] = place, end
        return places, ends

    def _fits(self, start: int, end: int) -> bool:
        return self._column + self._before[end] - self._before[start] <= WIDTH

    def printed(self) -> list[Line]:
        groups: list[Group] = []
        closes = self._closes()
        for at, item in enumerate(self.items):
            kind = type(item)
            if kind is str:
                self._line.text += item  # type: ignore[operator]
                self._column += len(item)  # type: ignore[arg-type]
            elif kind is Break:
                assert isinstance(item, Break)
                is_flat = bool(groups) and not groups[-1].broken
                if self._ends_line(at, item, is_flat):
                    self._end_line(item)
                else:
                    self._go_on(item)
            elif kind is Open:
                assert isinstance(item, Open)
                group, outer = item.group, groups[-1] if groups else None
                is_flat = group.flat or (outer is not None and not outer.broken)
                group.broken = not is_flat and (group.forced or not self._fits(at, self._next_place[closes[at]]))
                groups.append(group)
            elif kind is Close:
                groups.pop()
            elif kind is Indent:
                assert isinstance(item, Indent)
                self._indent(item)
            elif kind is Dedent:
                self._margins.pop()
            elif kind is Remark:
                assert isinstance(item, Remark)
                self._remarks.append(item.text)
            elif kind is Verbatim:
                assert isinstance(item, Verbatim)
                *lines, self._line = (Line(None, 0, text, is_verbatim=True) for text in item.text.split("\n"))
                self.lines += lines
        self._flush()
        return self.lines

    def _closes(self) -> dict[int, int]:
        """The index of the closing item of each group, by that of the opening one."""
        found: dict[int, int] = {}
        opened: list[int] = []
        for at, item in enumerate(self.items):
            if type(item) is Open:
                opened.append(at)
            elif type(item) is Close:
                found[opened.pop()] = at
        return found

    def _ends_line(self, at: int, item: Break, is_flat: bool) -> bool:
        if item.when is When.ALWAYS:
            return True
        if is_flat or item.when is When.NEVER:
            return False
        if item.must:
            return True
        if item.when is When.BROKEN:
            return item.group is not None and item.group.broken
        if item.when is When.FULL:
            if item.kept and not (item.unless and item.unless.broken):
                return True
            if item.end >= 0:
                return self._next_end[at] < item.end or not self._fits(at, self._next_place[item.end])
            return not self._fits(at, self._next_place[at + 1])
        chain = item.chain
        assert chain is not None
        if at > chain.part_end:
            chain.part_end = min(self._next_end[at], self._next_place[chain.end])
            chain.broken = not self._fits(at, chain.part_end)
        return chain.broken

    def _indent(self, item: Indent) -> None:
        anchor, indent = self._margins[-1]
        if item.chain is not None and item.chain.labelled:
            self._starts[item.chain] = Anchor(self._line, len(self._line.text))
        self._margins.append((anchor, indent + item.by))

    def _end_line(self, place: Break) -> None:
        if place.comma is not None and place.comma.broken:
            self._line.text += ","
        start = self._starts.pop(place.chain, None) if place.chain is not None else None
        if start is not None and start.line is self._line:
            self._margins[-1] = (start, 0)
        if place.trailing:
            self._trail(place.trailing, place.remark)
        self._flush()
        if place.hang is not None:
            anchor, indent = self._margins[-1]
            self._margins.append((anchor, indent + place.hang))
        for comment in place.own:
            self._skip(comment.after_blank)
            self.lines.append(Line(*self._margins[-1], comment.text))
        self._skip(place.after_blank)
        if place.closes:
            self._margins.pop()
        self._line = Line(*self._margins[-1])
        self._column = self._line.margin()

    def _skip(self, blank: bool) -> None:
        if blank and self.lines:
            self.lines.append(Line(None, 0))

    def _trail(self, text: str, mark: Mark | None) -> None:
        self._line.text += "  "
        if mark is not None:
            self._line.marks.append((len(self._line.text), mark))
        self._line.text += text

    def _flush(self) -> None:
        """Ends the line, with the comments that wait for its end."""
        for text in self._remarks:
            self._trail(text, None)
        self._remarks = []
        if self._line.text:
            self.lines.append(self._line)

    def _go_on(self, place: Break) -> None:
        self._line.text += place.flat
        self._column += len(place.flat)
        if place.mark is not None:
            self._line.marks.append((len(self._line.text), place.mark))
        if place.closes:
            self._margins.pop()
        if place.hang is not None:
            self._margins.append(self._margins[-1])
        self._remarks += [text for text in (place.trailing, *(comment.text for comment in place.own)) if text]
