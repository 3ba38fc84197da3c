"""A declaration as a stream of texts and of places where a line may end, and the lines that it is set in.

A stream is flat: groups are pairs of items in it, so that nothing here recurses, and whether a group fits on the line is a
difference of two sums.
"""

from __future__ import annotations

from enum import Enum, auto
from itertools import accumulate
from typing import Final, TypeAlias

from archdsl.format.gaps import Comment, Gap

WIDTH: Final = 120
"""Characters of a line."""
STEP: Final = 2
"""Blanks of an indentation."""


class When(Enum):
    """When a place ends the line."""

    NEVER = auto()
    ALWAYS = auto()
    BROKEN = auto()
    """If its group does not fit on the line: all places of a group do, or none."""
    FULL = auto()
    """If what follows, up to the item that ends it, does not fit on the line."""
    CHAIN = auto()
    """If the part of the flow that was written on one line does not fit on one; all arrows of the part do, or none."""


class Group:
    """What is set on one line, or else broken at all its places."""

    __slots__ = ("broken", "flat", "forced")

    def __init__(self, *, flat: bool = False) -> None:
        self.forced = False
        """Whether it holds what ends a line in any case."""
        self.flat = flat
        """Whether it stays on one line however long that is."""
        self.broken = False


class Chain:
    """A flow, whose arrows begin lines."""

    __slots__ = ("broken", "end", "labelled", "part_end", "start")

    def __init__(self, *, labelled: bool) -> None:
        self.labelled = labelled
        """Whether it stands after a label, so that its lines begin further right."""
        self.end = 0
        """The number of the item after it."""
        self.part_end = -1
        self.broken = False
        self.start: Anchor | None = None


class Mark:
    """A blank that may be widened, so that what follows stands in a column."""

    __slots__ = ("column", "is_wide", "kind", "table")

    def __init__(self, kind: str, column: int, is_wide: bool, table: int = 0) -> None:
        self.kind = kind
        """What stands in the column; the columns of one kind are told apart by where they were."""
        self.column = column
        self.is_wide = is_wide
        """Whether the writer left more blanks than a sentence has."""
        self.table = table
        """The number of the table, for a cell."""


class Blank(Enum):
    """Which empty lines are kept where a line ends."""

    NONE = auto()
    LAST = auto()
    """Those after the comments: it opens a body."""
    FIRST = auto()
    """Those before the comments: it closes a body."""
    ALL = auto()
    ONE = auto()
    """All, and there is one in any case."""


class Break:
    """A place where a line may end, and what stands there if it does not."""

    __slots__ = (
        "after_blank", "blank", "chain", "closes", "comma", "end", "flat", "group", "hang", "mark", "must", "own",
        "remark", "trailing", "when",
    )  # fmt: skip

    def __init__(
        self,
        when: When,
        flat: str = " ",
        group: Group | None = None,
        *,
        blank: Blank = Blank.NONE,
        chain: Chain | None = None,
        closes: bool = False,
        comma: Group | None = None,
        hang: int | None = None,
        mark: Mark | None = None,
    ) -> None:
        self.when = when
        self.flat = flat
        self.group = group
        self.blank = blank
        self.chain = chain
        self.closes = closes
        """Whether the last ``Indent`` ends here."""
        self.comma = comma
        """If this is broken, the line ends with a comma."""
        self.hang = hang
        """How much further right lines begin up to the next ``Dedent``, if it ends the line."""
        self.mark = mark
        self.end = -1
        """The number of the item up to which it has to fit."""
        self.must = when is When.ALWAYS
        self.after_blank = False
        """Whether an empty line comes after it, if it ends the line."""
        self.trailing = ""
        """A comment at the end of the line, and where that stood."""
        self.remark: Mark | None = None
        self.own: tuple[Comment, ...] = ()

    def takes(self, found: Gap, remark: Mark | None) -> None:
        """Notes the comments and empty lines that stood here."""
        first = self.blank in (Blank.FIRST, Blank.ALL, Blank.ONE)
        last = self.blank in (Blank.LAST, Blank.ALL, Blank.ONE)
        wanted = self.blank is Blank.ONE and not found.has_blank
        if found.has_comments:
            self.must = True
            self.trailing, self.remark = found.trailing, remark
        if found.own:
            head, *rest = found.own
            head = head._replace(after_blank=(head.after_blank and first) or wanted)
            self.own = (head, *(c if last or first else c._replace(after_blank=False) for c in rest))
            self.after_blank = found.after_blank and last
        else:
            self.after_blank = (found.after_blank and first and last) or wanted


class Open:
    """A group begins."""

    __slots__ = ("group",)

    def __init__(self, group: Group) -> None:
        self.group = group


class Close(Open):
    """A group ends."""

    __slots__ = ()


class Indent:
    """Lines begin further right from here on; with a chain, as far as it began, once it is broken."""

    __slots__ = ("by", "chain")

    def __init__(self, by: int = STEP, chain: Chain | None = None) -> None:
        self.by = by
        self.chain = chain


class Dedent:
    """The end of the last ``Indent``."""

    __slots__ = ()


class Remark:
    """A comment where no line ends: it goes to the end of the line."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Verbatim:
    """Lines that stay as they are."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Item: TypeAlias = str | Break | Open | Close | Indent | Dedent | Remark | Verbatim


class Anchor:
    """A place in a line that other lines begin under."""

    __slots__ = ("line", "offset")

    def __init__(self, line: Line, offset: int) -> None:
        self.line = line
        self.offset = offset


class Line:
    """A line: where it begins, its text, and where in that blanks may be widened."""

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
        """Where a character of the text stands."""
        return self.margin() + offset + sum(count for place, count in self.pads if place <= offset)

    def margin(self) -> int:
        """Where the text begins."""
        return self.indent + (self.anchor.line.column(self.anchor.offset) if self.anchor else 0)

    def __str__(self) -> str:
        if self.is_verbatim or not self.text:
            return self.text
        text = self.text
        for place, count in sorted(self.pads, reverse=True):
            text = text[:place] + " " * count + text[place:]
        return " " * self.margin() + text


class Stream:
    """Items in the order of the text. Comments go to the place before the token that they stand before."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._groups: list[Group] = []
        self._place: tuple[Break, Group | None] | None = None
        """The last place since the last token, and the group around it."""

    def add(self, item: Item) -> None:
        self.items.append(item)
        if type(item) is str:
            self._place = None
        elif type(item) is Break:
            self._place = (item, self._groups[-1] if self._groups else None)
            if item.must:
                self._force(item.group or self._place[1])
        elif type(item) is Open:
            self._groups.append(item.group)
        elif type(item) is Close:
            group = self._groups.pop()
            if group.forced and self._groups:
                self._groups[-1].forced = True

    @staticmethod
    def _force(group: Group | None) -> None:
        if group is not None:
            group.forced = True

    def before(self, found: Gap, remark: Mark | None) -> None:
        """What stands before the token that comes next: comments go to the last place, or else to the end of the line."""
        place, around = self._place or (None, None)
        if place is not None and place.when is not When.NEVER:
            place.takes(found, remark)
            if place.must:
                self._force(place.group or around)
        elif found.has_comments:
            texts = [text for text in (found.trailing, *(comment.text for comment in found.own)) if text]
            self.items += map(Remark, texts)
            self._force(self._groups[-1] if self._groups else None)

    def force(self) -> None:
        """Breaks the group that is open."""
        self._force(self._groups[-1])


class Printer:
    """Sets a stream in lines."""

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

    def _following(self) -> tuple[list[int], list[int]]:
        """For each item the next place where a line may end, and the next where one does."""
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
        """Where each group that opens at an item closes."""
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
        if item.chain is not None:
            item.chain.start = Anchor(self._line, len(self._line.text))
        self._margins.append((anchor, indent + item.by))

    def _end_line(self, place: Break) -> None:
        if place.comma is not None and place.comma.broken:
            self._line.text += ","
        chain = place.chain
        if chain is not None and chain.labelled and chain.start is not None:
            if chain.start.line is self._line:
                self._margins[-1] = (chain.start, 0)
            chain.start = None
        if place.trailing:
            self._trail(place.trailing, place.remark)
        self._flush()
        for comment in place.own:
            self._skip(comment.after_blank)
            self.lines.append(Line(*self._margins[-1], comment.text))
        self._skip(place.after_blank)
        if place.closes:
            self._margins.pop()
        if place.hang is not None:
            anchor, indent = self._margins[-1]
            self._margins.append((anchor, indent + place.hang))
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
        """Ends the line with the comments that wait for it."""
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

