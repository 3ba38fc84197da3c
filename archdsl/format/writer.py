"""Writes the tokens of a declaration to a stream, with possible line breaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from archdsl.format.gaps import Gap
from archdsl.format.stream import (
    Blank,
    Break,
    Close,
    Dedent,
    Group,
    Indent,
    Item,
    Mark,
    Open,
    Stream,
    When,
)
from archdsl.syntax.tokens import CLOSER, CLOSERS
from archdsl.syntax.tree import Child, Leaf, Node

SIDE: Final = 4
"""Blanks before what belongs to the line above, where a body follows."""

Op: TypeAlias = Child | Item | Callable[[], "Ops"]
Ops: TypeAlias = Sequence["Op"]
Form: TypeAlias = Callable[[Sequence[Child]], Ops]


class Writer(ABC):
    """Writes declarations to a stream."""

    def __init__(self, gaps: Sequence[Gap], columns: Sequence[int], remarks: dict[int, int], tables: int) -> None:
        """The gaps before the tokens, except for commas and line breaks, and their columns.

        ``remarks`` are the columns of the comments at the ends of lines, by the number of the token after them. Tables
        get numbers from ``tables`` on.
        """
        self.stream = Stream()
        self.gaps = gaps
        self.columns = columns
        self.remarks = remarks
        self.at = 0
        """The number of the token that comes next."""
        self.tables = tables
        self._brackets: list[str] = []

    def declaration(self, node: Node) -> None:
        """Adds a declaration; iterative, as the trees of hostile texts are deep."""
        pending: list[Op] = [node]
        add = self.stream.add
        while pending:
            op = pending.pop()
            kind = type(op)
            if kind is Leaf:
                self._token(op)  # type: ignore[arg-type]
            elif kind is Node:
                rule = self.form(op.kind)  # type: ignore[union-attr]
                ops = op.children if rule is None else rule(op.children)  # type: ignore[union-attr]
                pending.extend(reversed(ops))
            elif callable(op):
                pending.extend(reversed(op()))
            else:
                add(op)  # type: ignore[arg-type]

    def _token(self, leaf: Leaf) -> None:
        found = self.gaps[self.at]
        if found.has_break:
            remark = None
            if found.trailing:
                remark = Mark("#", self.remarks[self.at], found.trailing_width > 2)
            self.stream.before(found, remark)
        if leaf.kind in CLOSER:
            self._brackets.append(leaf.kind)
        elif leaf.kind in CLOSERS:
            self._brackets.pop()
        self.at += 1
        self.stream.add(leaf.text)

    @abstractmethod
    def form(self, kind: str) -> Form | None:
        """The layout of a rule; ``None`` if its tokens are not separated."""

    # --- places ---

    def _mark(self, kind: str) -> Mark | None:
        """The column of the next token, if it is on the same line as the one before."""
        found = self.gaps[self.at]
        return None if found.has_break else Mark(kind, self.columns[self.at], found.width > 1)

    def _column(self, kind: str) -> Callable[[], Ops]:
        """A blank before a token that may be aligned."""
        return lambda: [Break(When.NEVER, mark=self._mark(kind))]

    def _comma(self, group: Group) -> Callable[[], Ops]:
        """A comma between elements that are on one line, or on one line each."""
        return lambda: [",", Break(When.BROKEN, group=group, mark=self._mark(","))]

    def _filled(self, ops: Ops, hang: int, kind: str) -> Ops:
        """A blank, or a line break if the following items do not fit."""
        return [lambda: self._place(Break(When.FULL, hang=hang, mark=self._mark(kind)), ops)]

    def _signed(self, ops: Ops, kind: str, params: Group | None = None) -> Ops:
        """A signature, on a line of its own if the author put it there; but not after parameters on several lines."""

        def begin() -> Ops:
            place = Break(When.FULL, hang=SIDE, mark=self._mark(kind))
            place.kept, place.unless = self.gaps[self.at].has_break, params
            return self._place(place, ops)

        return [begin]

    def _place(self, place: Break, ops: Ops) -> Ops:
        """A possible line break, with the items that must fit on the line otherwise."""

        def end() -> Ops:
            place.end = len(self.stream.items)
            return [Dedent()]

        return [place, *ops, end]

    @property
    def _is_free(self) -> bool:
        """Whether line breaks are allowed anywhere here."""
        return bool(self._brackets) and self._brackets[-1] != "LBRACE"

    # --- brackets ---

    def _bracketed(self, children: Sequence[Child], outer: Group | None = None, *, comma: bool = True) -> Ops:
        """Brackets on one line; or the contents on another line; or one element per line, with a trailing comma."""
        opener, *elements, closer = children
        elements = [element for element in elements if not is_kind(element, "COMMA")]
        if not elements:
            return children
        outer, inner = outer or Group(), Group()
        ops: list[Op] = [Open(outer), opener, Indent(), Break(When.BROKEN, "", outer), Open(inner), elements[0]]
        for element in elements[1:]:
            ops += [self._comma(inner), element]
        return [
            *ops,
            Close(inner),
            Break(When.BROKEN, "", outer, closes=True, comma=inner if comma else None),
            closer,
            Close(outer),
        ]

    def _enclosed(self, children: Sequence[Child]) -> Ops:
        """Brackets around one thing."""
        return self._bracketed(children, comma=False)

    def _arguments(self, children: Sequence[Child]) -> Ops:
        elements = [child for child in children[1:-1] if not is_kind(child, "COMMA")]
        if len(elements) == 1 and is_kind(elements[0], "list", "comprehension", "table"):
            return [children[0], elements[0], children[-1]]
        return self._bracketed(children)

    def _comprehension(self, children: Sequence[Child]) -> Ops:
        opener, element, *clauses, closer = children
        outer, inner = Group(), Group()
        ops: list[Op] = [Open(outer), opener, Indent(), Break(When.BROKEN, "", outer), Open(inner), element]
        for part in (part for clause in clauses for part in clause.children):  # type: ignore[union-attr]
            if is_kind(part, "FOR", "IF"):
                ops += [Break(When.BROKEN, group=inner), part, " "]
            elif is_kind(part, "IN"):
                ops += [" ", part, " "]
            elif is_kind(part, "COMMA"):
                ops += [", "]
            else:
                ops.append(part)
        return [*ops, Close(inner), Break(When.BROKEN, "", outer, closes=True), closer, Close(outer)]

    def _kept(self, group: Group) -> Callable[[], Ops]:
        """Breaks a group where the author broke the line."""

        def keep() -> Ops:
            group.forced = group.forced or self.gaps[self.at].has_break
            return ()

        return keep

    def _braces(
        self, children: Sequence[Child], group: Group, inside: Callable[..., Ops], *, opens: bool = True
    ) -> Ops:
        """Braces on one line if they were so, and fit."""
        opener, *parts, closer = children
        if not parts:
            return children
        ops: list[Op] = [
            opener,
            self._kept(group),
            Indent(),
            Break(When.BROKEN, group=group, blank=Blank.LAST),
            *inside(parts, group),
            self._kept(group),
            Break(When.BROKEN, group=group, blank=Blank.FIRST, closes=True),
            closer,
        ]
        return [Open(group), *ops, Close(group)] if opens else ops


def is_kind(op: Op, *kinds: str) -> bool:
    return isinstance(op, Node | Leaf) and op.kind in kinds
