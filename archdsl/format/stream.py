"""A declaration as a stream of texts and possible line breaks.

A stream is flat: groups are pairs of items in it, so that nothing recurses, and whether a group fits on the line is the
difference of two sums.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, TypeAlias

from archdsl.format.gaps import Comment, Gap

STEP: Final = 2
"""Blanks of an indentation."""


class When(Enum):
    """The condition under which a line break is taken."""

    NEVER = auto()
    ALWAYS = auto()
    BROKEN = auto()
    """If its group does not fit on the line: all places of a group do, or none."""
    FULL = auto()
    """If what follows, up to the item that ends it, does not fit on the line."""
    CHAIN = auto()
    """If the part of the flow that was written on one line does not fit on one; all arrows of the part do, or none."""


class Group:
    """Items set on one line, or else broken at all breaks of the group."""

    __slots__ = ("broken", "flat", "forced")

    def __init__(self, *, flat: bool = False) -> None:
        self.forced = False
        """Whether it holds what ends a line in any case."""
        self.flat = flat
        """Whether it stays on one line however long that is."""
        self.broken = False


class Chain:
    """A flow, whose arrows begin lines."""

    __slots__ = ("broken", "end", "labelled", "part_end")

    def __init__(self, *, labelled: bool) -> None:
        self.labelled = labelled
        """Whether it stands after a label, so that its lines begin further right."""
        self.end = 0
        """The number of the item after it."""
        self.part_end = -1
        self.broken = False


class Mark:
    """A blank that may be widened to align the text after it."""

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
    """Which blank lines are kept at a line break."""

    NONE = auto()
    LAST = auto()
    """Those after the comments: it opens a body."""
    FIRST = auto()
    """Those before the comments: it closes a body."""
    ALL = auto()
    ONE = auto()
    """All, and there is one in any case."""


class Break:
    """A possible line break, and the text if it is not taken."""

    __slots__ = (
        "after_blank", "blank", "chain", "closes", "comma", "end", "flat", "group", "hang", "kept", "mark", "must",
        "own", "remark", "trailing", "unless", "when",
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
        """If this is broken, the line ends with a comma. It is if there is a comment, which is of the last element."""
        self.hang = hang
        """How much further right lines begin up to the next ``Dedent``, if it ends the line."""
        self.mark = mark
        self.end = -1
        """The number of the item up to which it has to fit."""
        self.must = when is When.ALWAYS
        self.kept = False
        """Whether it ends the line because the writer did so, unless that group is broken."""
        self.unless: Group | None = None
        self.after_blank = False
        """Whether an empty line comes after it, if it ends the line."""
        self.trailing = ""
        """A comment at the end of the line, and where that stood."""
        self.remark: Mark | None = None
        self.own: tuple[Comment, ...] = ()

    def takes(self, found: Gap, remark: Mark | None) -> None:
        """Stores the comments and blank lines found here."""
        first = self.blank in (Blank.FIRST, Blank.ALL, Blank.ONE)
        last = self.blank in (Blank.LAST, Blank.ALL, Blank.ONE)
        wanted = self.blank is Blank.ONE and not found.has_blank
        if found.has_comments:
            self.must = True
            if self.comma is not None:
                self.comma.forced = True
            self.trailing, self.remark = found.trailing, remark
        if found.own:
            head, *rest = found.own
            head = head._replace(after_blank=(head.after_blank and first) or wanted)
            self.own = (head, *(c if last or first else c._replace(after_blank=False) for c in rest))
            self.after_blank = found.after_blank and last
        else:
            self.after_blank = (found.after_blank and first and last) or wanted


class Open:
    """The start of a group."""

    __slots__ = ("group",)

    def __init__(self, group: Group) -> None:
        self.group = group


class Close(Open):
    """The end of a group."""

    __slots__ = ()


class Indent:
    """Indents the lines from here on; in a broken chain, to its beginning."""

    __slots__ = ("by", "chain")

    def __init__(self, by: int = STEP, chain: Chain | None = None) -> None:
        self.by = by
        self.chain = chain


class Dedent:
    """The end of the last ``Indent``."""

    __slots__ = ()


class Remark:
    """A comment without a line break after it: it moves to the end of the line."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Verbatim:
    """Lines that are kept verbatim."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Item: TypeAlias = str | Break | Open | Close | Indent | Dedent | Remark | Verbatim


class Stream:
    """The items in text order. Comments are attached to the break before their token."""

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
        """Handles the gap before the next token: comments go to the last break, or else to the end of the line."""
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
        """Breaks the open group."""
        self._force(self._groups[-1])
