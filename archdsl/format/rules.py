"""The form of each rule of the grammar: what stands between its tokens, and where its lines may end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from archdsl.format.columns import CELL
from archdsl.format.gaps import Gap
from archdsl.format.stream import (
    STEP,
    Blank,
    Break,
    Chain,
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

_SIDE: Final = 4
"""Blanks before what belongs to the line above, where a body follows."""
_CLAIM: Final = 3
"""Blanks before a claim on a line of its own: it stands under the step, not under its arrow."""

Op: TypeAlias = Child | Item | Callable[[], "Ops"]
Ops: TypeAlias = Sequence["Op"]


class Writer:
    """Writes declarations to a stream."""

    def __init__(self, gaps: Sequence[Gap], columns: Sequence[int], remarks: dict[int, int], tables: int) -> None:
        """The gaps before the tokens, which are those without commas and line breaks, and their columns.

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
        """Adds a declaration; with a stack in place of calls, as the trees of hostile texts are deep."""
        pending: list[Op] = [node]
        add = self.stream.add
        while pending:
            op = pending.pop()
            kind = type(op)
            if kind is Leaf:
                self._token(op)  # type: ignore[arg-type]
            elif kind is Node:
                rule = _RULES.get(op.kind)  # type: ignore[union-attr]
                ops = op.children if rule is None else rule(self, op.children)  # type: ignore[union-attr]
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

    # --- places ---

    def _mark(self, kind: str) -> Mark | None:
        """The column of the next token, if it stands on the line of the one before."""
        found = self.gaps[self.at]
        return None if found.has_break else Mark(kind, self.columns[self.at], found.width > 1)

    def _column(self, kind: str) -> Callable[[], Ops]:
        """A blank before what may stand in a column."""
        return lambda: [Break(When.NEVER, mark=self._mark(kind))]

    def _comma(self, group: Group) -> Callable[[], Ops]:
        """A comma between elements that stand on one line, or each on its own."""
        return lambda: [",", Break(When.BROKEN, group=group, mark=self._mark(","))]

    def _filled(self, ops: Ops, hang: int, kind: str) -> Ops:
        """A blank, or the end of the line if what is given does not fit on it."""
        return [lambda: self._place(Break(When.FULL, hang=hang, mark=self._mark(kind)), ops)]

    def _signed(self, ops: Ops, kind: str, params: Group | None = None) -> Ops:
        """A signature, on a line of its own if the writer gave it one; but not below parameters that take several."""

        def begin() -> Ops:
            place = Break(When.FULL, hang=_SIDE, mark=self._mark(kind))
            place.kept, place.unless = self.gaps[self.at].has_break, params
            return self._place(place, ops)

        return [begin]

    def _place(self, place: Break, ops: Ops) -> Ops:
        """A place, and what follows it and has to fit."""

        def end() -> Ops:
            place.end = len(self.stream.items)
            return [Dedent()]

        return [place, *ops, end]

    @property
    def _is_free(self) -> bool:
        """Whether lines may end anywhere here."""
        return bool(self._brackets) and self._brackets[-1] != "LBRACE"

    # --- brackets ---

    def _bracketed(self, children: Sequence[Child], outer: Group | None = None, *, comma: bool = True) -> Ops:
        """Brackets on one line; or what is in them on another; or each element on its own, with a comma after it."""
        opener, *elements, closer = children
        elements = [element for element in elements if not _is(element, "COMMA")]
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
        elements = [child for child in children[1:-1] if not _is(child, "COMMA")]
        if len(elements) == 1 and _is(elements[0], "list", "comprehension", "table"):
            return [children[0], elements[0], children[-1]]
        return self._bracketed(children)

    def _comprehension(self, children: Sequence[Child]) -> Ops:
        opener, *parts, closer = children
        outer, inner = Group(), Group()
        ops: list[Op] = [Open(outer), opener, Indent(), Break(When.BROKEN, "", outer), Open(inner)]
        for part in parts:
            if _is(part, "FOR", "IF"):
                ops += [Break(When.BROKEN, group=inner), part, " "]
            elif _is(part, "IN"):
                ops += [" ", part, " "]
            elif _is(part, "COMMA"):
                ops += [", "]
            else:
                ops.append(part)
        return [*ops, Close(inner), Break(When.BROKEN, "", outer, closes=True), closer, Close(outer)]

    # --- declarations ---

    def _import(self, children: Sequence[Child]) -> Ops:
        from_, module, import_, first, *others = children
        ops: list[Op] = [from_, " ", module, " ", import_, " ", first]
        for name in others:
            ops += [","] if _is(name, "COMMA") else self._filled([name], _SIDE, ",")
        return ops

    def _words(self, children: Sequence[Child]) -> Ops:
        """Each part with a blank before it."""
        ops: list[Op] = [children[0]]
        for child in children[1:]:
            ops += [" ", child]
        return ops

    def _let(self, children: Sequence[Child]) -> Ops:
        keyword, name, equal, value = children
        return [keyword, " ", name, self._column("="), equal, *self._value(value)]

    def _function(self, children: Sequence[Child]) -> Ops:
        keyword, name, params, equal, value = children
        return [keyword, " ", name, params, self._column("="), equal, *self._value(value)]

    @staticmethod
    def _value(value: Child) -> Ops:
        """What follows an equal sign: on the next line if not even its beginning fits on this one."""
        return [Break(When.FULL, hang=STEP), value, Dedent()]

    def _block(self, children: Sequence[Child]) -> Ops:
        keyword, name, *rest, body = children
        ops: list[Op] = [keyword, " ", name]
        params = Group()
        for part in rest:
            if isinstance(part, Node) and part.kind == "params":
                ops += self._bracketed(part.children, params)
            else:
                ops += self._signed([part], "head", params)
        return [*ops, " ", body]

    def _variant(self, children: Sequence[Child]) -> Ops:
        keyword, name, equal, value, *about = children
        ops: list[Op] = [keyword, " ", name, self._column("="), equal, *self._value(value)]
        return [*ops, self._column("about"), *about] if about else ops

    def _check(self, children: Sequence[Child]) -> Ops:
        keyword, call, *rest = children
        ops: list[Op] = [keyword, " ", call]
        if rest and _is(rest[0], "signature"):
            ops += self._signed([rest.pop(0)], "::")
        conditions = [part for part in rest if not _is(part, "COMMA")]
        if not conditions:
            return ops
        # All on the line, or else from the next one on.
        others: list[Op] = []
        for condition in conditions[1:]:
            others += [",", *self._filled([condition], 0, ",")]
        return [*ops, ",", *self._filled([conditions[0], *others], _SIDE, ",")]

    def _signature(self, children: Sequence[Child]) -> Ops:
        colon, inputs, arrow, outputs = children
        group = Group()
        return [Open(group), colon, " ", inputs, Break(When.BROKEN, group=group), arrow, " ", outputs, Close(group)]

    def _param(self, children: Sequence[Child]) -> Ops:
        name, colon, type_, *default = children
        ops: list[Op] = [name, colon, " ", type_]
        return [*ops, " ", default[0], " ", default[1]] if default else ops

    def _labelled_shape(self, children: Sequence[Child]) -> Ops:
        name, colon, shape = children
        return [name, colon, " ", shape]

    def _fact(self, node: Child) -> Ops:
        if not _is(node, "keyword"):
            return [node]
        name, equal, value = node.children  # type: ignore[union-attr]
        return [name, self._column("="), equal, " ", value]

    def _about(self, children: Sequence[Child]) -> Ops:
        keyword, opener, *inside, closer = children
        facts = [child for child in inside if not _is(child, "COMMA", "NEWLINE")]
        if not facts:
            return [keyword, " ", opener, closer]
        outer, inner = Group(), Group()
        ops: list[Op] = [keyword, " ", Open(outer), opener, Indent(), Break(When.BROKEN, group=outer), Open(inner)]
        for number, fact in enumerate(facts):
            if number and any(_is(child, "NEWLINE") for child in inside):
                ops.append(Break(When.ALWAYS, blank=Blank.ALL))
            elif number:
                ops.append(lambda: [Break(When.BROKEN, ", ", inner, mark=self._mark(","))])
            ops += self._fact(fact)
        return [*ops, Close(inner), Break(When.BROKEN, group=outer, closes=True), closer, Close(outer)]

    # --- bodies and flows ---

    def _kept(self, group: Group) -> Callable[[], Ops]:
        """Breaks a group where the writer ended a line."""

        def keep() -> Ops:
            group.forced = group.forced or self.gaps[self.at].has_break
            return ()

        return keep

    def _body(self, children: Sequence[Child]) -> Ops:
        return self._braces(children, Group(), self._items)

    def _braces(
        self, children: Sequence[Child], group: Group, inside: Callable[..., Ops], *, opens: bool = True
    ) -> Ops:
        """Braces on one line if they were, and fit on it."""
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

    def _items(self, parts: Sequence[Child], _group: Group) -> Ops:
        """Statements, with an empty line between those of different kinds."""
        items = [part for part in parts if not _is(part, "NEWLINE")]
        ops: list[Op] = [items[0]]
        for previous, item in pairwise(items):
            blank = Blank.ALL if _sort(previous) == _sort(item) else Blank.ONE
            ops += [Break(When.ALWAYS, blank=blank), item]
        return ops

    def _flow(self, children: Sequence[Child]) -> Ops:
        return self._steps(children, Chain(labelled=False))

    def _steps(self, children: Sequence[Child], chain: Chain) -> Ops:
        def end() -> Ops:
            chain.end = len(self.stream.items)
            return ()

        ops: list[Op] = [Indent(0, chain)]
        for child in children:
            ops += [self._arrow(chain), child, " "] if _is(child, "ARROW") else [child]
        return [*ops, end, Dedent()]

    def _arrow(self, chain: Chain) -> Callable[[], Ops]:
        """A line ends before an arrow where the writer ended one, and where the flow is too long."""

        def place() -> Ops:
            if self.gaps[self.at].has_break:
                return [Break(When.ALWAYS, blank=Blank.ALL, chain=chain)]
            return [Break(When.CHAIN, chain=chain, mark=self._mark("->"))]

        return place

    def _tap(self, children: Sequence[Child]) -> Ops:
        step, as_, name = children
        return [step, self._column("::"), as_, " ", name]

    def _claim(self, children: Sequence[Child]) -> Ops:
        step, colon, shape = children
        return [step, *self._filled([colon, " ", shape], _CLAIM, "::")]

    def _apply(self, children: Sequence[Child]) -> Ops:
        ops: list[Op] = []
        for child in children:
            ops += [" ", child] if _is(child, "fan") else [child]
        return ops

    def _choose(self, children: Sequence[Child]) -> Ops:
        group = Group()
        return [Open(group), *self._sides(children, group), Close(group)]

    def _sides(self, children: Sequence[Child], group: Group) -> Ops:
        """All sides of a choice are on one line, or none is."""
        ops: list[Op] = []
        for number, child in enumerate(children):
            if _is(child, "ELSE"):
                ops.append(self._kept(group))
            if number:
                ops.append(" ")
            if _is(child, "body"):
                ops += self._braces(child.children, group, self._items, opens=False)  # type: ignore[union-attr]
            elif _is(child, "choose"):
                ops.append(lambda child=child: self._sides(child.children, group))  # type: ignore[misc]
            else:
                ops.append(child)
        return ops

    def _each(self, children: Sequence[Child]) -> Ops:
        ops: list[Op] = [children[0]]
        for child in children[1:]:
            ops += [","] if _is(child, "COMMA") else [" ", child]
        return ops

    def _fan(self, children: Sequence[Child]) -> Ops:
        return self._braces(children, Group(), self._branches)

    def _branches(self, parts: Sequence[Child], group: Group) -> Ops:
        branches = [part for part in parts if not _is(part, "COMMA", "NEWLINE")]
        ops: list[Op] = [branches[0]]
        for branch in branches[1:]:
            flat = "  " if _is_labelled(branch) else ", "
            ops += [self._kept(group), Break(When.BROKEN, flat, group, blank=Blank.ALL), branch]
        return ops

    def _branch(self, children: Sequence[Child]) -> Ops:
        if len(children) == 1:
            return children
        label, colon, flow = children
        ops: list[Op] = [label, colon, self._column(":")]
        if _is(flow, "flow"):
            return [*ops, *self._steps(flow.children, Chain(labelled=True))]  # type: ignore[union-attr]
        return [*ops, flow]

    # --- expressions ---

    def _operators(self, parts: Sequence[Child]) -> Ops:
        """Operands with the operators between them, which begin lines where the whole is too long and lines may end."""
        if not self._is_free:
            return self._words(parts)
        group = Group()
        ops: list[Op] = [Open(group), parts[0]]
        for part in parts[1:]:
            is_second = _is(part, "IN") and _is(ops[-1], "NOT")  # `not in`
            ops += [Break(When.BROKEN, group=group) if isinstance(part, Leaf) and not is_second else " ", part]
        return [*ops, Close(group)]

    def _item(self, children: Sequence[Child]) -> Ops:
        value, *subscript = children
        return [value, *self._enclosed(subscript)]

    # --- tables ---

    def _table(self, children: Sequence[Child]) -> Ops:
        keyword, opener, *inside, closer = children
        rows = [child for child in inside if not _is(child, "NEWLINE")]
        self.tables += 1
        table, group = self.tables, Group()
        ops: list[Op] = [keyword, " ", Open(group), opener, Indent()]
        for number, row in enumerate(rows):
            ops.append(Break(When.ALWAYS, blank=Blank.ALL if number else Blank.LAST))
            ops += [lambda row=row: self._row(row, table)]  # type: ignore[misc]
        return [*ops, Break(When.ALWAYS, blank=Blank.FIRST, closes=True), closer, Close(group)]

    @staticmethod
    def _row(row: Child, table: int) -> Ops:
        """Cells in columns; a row is one line however long it is."""
        cells = row.children if isinstance(row, Node) else (row,)
        group = Group(flat=True)
        ops: list[Op] = [Open(group), cells[0]]
        for number, cell in enumerate(cells[1:]):
            ops += [Break(When.NEVER, "  ", mark=Mark(CELL, number, True, table)), cell]
        return [*ops, Close(group)]


def _is(op: Op, *kinds: str) -> bool:
    return isinstance(op, Node | Leaf) and op.kind in kinds


def _is_labelled(branch: Child) -> bool:
    return isinstance(branch, Node) and len(branch.children) > 1


def _sort(item: Child) -> str:
    return "let" if item.kind == "shared" else item.kind


def _leaning(writer: Writer, children: Sequence[Child], kind: str) -> Ops:
    """An operation of operations of one kind, which lean left, as one."""
    parts: list[Child] = []
    while True:
        first, *others = children
        parts += reversed(others)
        if not (isinstance(first, Node) and first.kind == kind):
            break
        children = first.children
    return writer._operators([first, *reversed(parts)])


_RULES: Final[dict[str, Callable[[Writer, Sequence[Child]], Ops]]] = {
    "import_": Writer._import,
    "import_name": Writer._words,
    "let": Writer._let,
    "shared": Writer._let,
    "function": Writer._function,
    "block": Writer._block,
    "model": Writer._block,
    "variant": Writer._variant,
    "check": Writer._check,
    "approximately": Writer._operators,
    "params": Writer._bracketed,
    "param": Writer._param,
    "type": Writer._words,
    "signature": Writer._signature,
    "ports": Writer._bracketed,
    "port": Writer._labelled_shape,
    "shape": Writer._bracketed,
    "about": Writer._about,
    "body": Writer._body,
    "flow": Writer._flow,
    "tap": Writer._tap,
    "claim": Writer._claim,
    "apply": Writer._apply,
    "target_item": Writer._item,
    "choose": Writer._choose,
    "each": Writer._each,
    "repeat": Writer._words,
    "send": Writer._words,
    "fan": Writer._fan,
    "branch": Writer._branch,
    "labelled": Writer._branch,
    "conditional": Writer._operators,
    "or_": lambda writer, children: _leaning(writer, children, "or_"),
    "and_": lambda writer, children: _leaning(writer, children, "and_"),
    "not_": Writer._words,
    "comparison": Writer._operators,
    "sum": lambda writer, children: _leaning(writer, children, "sum"),
    "product": lambda writer, children: _leaning(writer, children, "product"),
    "power": Writer._operators,
    "item": Writer._item,
    "group": Writer._enclosed,
    "list": Writer._bracketed,
    "comprehension": Writer._comprehension,
    "arguments": Writer._arguments,
    "table": Writer._table,
}
"""What rules are written as; the tokens of all others stand close together."""
