"""The layout of each rule of the grammar: separators between its tokens, and possible line breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from archdsl.format.columns import CELL
from archdsl.format.stream import (
    STEP,
    Blank,
    Break,
    Chain,
    Close,
    Dedent,
    Group,
    Indent,
    Mark,
    Open,
    When,
)
from archdsl.format.writer import SIDE, Form, Op, Ops, Writer, is_kind
from archdsl.syntax.tree import Child, Leaf, Node

_CLAIM: Final = 3
"""Blanks before a claim on a line of its own: it stands under the step, not under its arrow."""


class Rules(Writer):
    """The layout of each rule of the grammar."""

    def form(self, kind: str) -> Form | None:
        rule = _RULES.get(kind)
        return None if rule is None else partial(rule, self)

    # --- declarations ---

    def _import(self, children: Sequence[Child]) -> Ops:
        from_, module, import_, first, *others = children
        ops: list[Op] = [from_, " ", module, " ", import_, " ", first]
        for name in others:
            ops += [","] if is_kind(name, "COMMA") else self._filled([name], SIDE, ",")
        return ops

    def _words(self, children: Sequence[Child]) -> Ops:
        """The parts separated by blanks."""
        ops: list[Op] = [children[0]]
        for child in children[1:]:
            ops += [" ", child]
        return ops

    def _let(self, children: Sequence[Child]) -> Ops:
        keyword, name, equal, value = children
        return [keyword, " ", name, self._column("="), equal, *self._value(value)]

    def _function(self, children: Sequence[Child]) -> Ops:
        keyword, name, params, *value = children
        if len(value) == 1:
            return [keyword, " ", name, params, " ", *value]
        return [keyword, " ", name, params, self._column("="), value[0], *self._value(value[1])]

    @staticmethod
    def _value(value: Child) -> Ops:
        """The value after an equal sign, on the next line if not even its beginning fits on this one."""
        return [Break(When.FULL, hang=STEP), value, Dedent()]

    def _block(self, children: Sequence[Child]) -> Ops:
        keyword, name, *rest, body = children
        ops: list[Op] = [keyword, " ", name]
        params = Group()
        for part in rest:
            if isinstance(part, Node) and part.kind == "params":
                ops += self._bracketed(part.children, params)
            else:
                ops += self._signed([part], "where" if is_kind(part, "where") else "head", params)
        return [*ops, " ", body]

    def _variant(self, children: Sequence[Child]) -> Ops:
        keyword, name, equal, value, *about = children
        ops: list[Op] = [keyword, " ", name, self._column("="), equal, *self._value(value)]
        return [*ops, self._column("about"), *about] if about else ops

    def _check(self, children: Sequence[Child]) -> Ops:
        keyword, call, *rest = children
        ops: list[Op] = [keyword, " ", call]
        if rest and is_kind(rest[0], "signature"):
            ops += self._signed([rest.pop(0)], "::")
        conditions = [part for part in rest if not is_kind(part, "COMMA")]
        if not conditions:
            return ops
        # All on the line, or else from the next one on.
        others: list[Op] = []
        for condition in conditions[1:]:
            others += [",", *self._filled([condition], 0, ",")]
        return [*ops, ",", *self._filled([conditions[0], *others], SIDE, ",")]

    def _signature(self, children: Sequence[Child]) -> Ops:
        colon, inputs, arrow, outputs = children
        group = Group()
        return [Open(group), colon, " ", inputs, Break(When.BROKEN, group=group), arrow, " ", outputs, Close(group)]

    def _param(self, children: Sequence[Child]) -> Ops:
        name, colon, *parts = children
        return [name, colon, *(op for part in parts for op in (" ", part))]

    def _where(self, children: Sequence[Child]) -> Ops:
        keyword, first, *others = children
        ops: list[Op] = [keyword, " ", first]
        for condition in others:
            ops += [","] if is_kind(condition, "COMMA") else self._filled([condition], SIDE, ",")
        return ops

    def _labelled_shape(self, children: Sequence[Child]) -> Ops:
        name, colon, shape = children
        return [name, colon, " ", shape]

    def _fact(self, node: Child) -> Ops:
        if not is_kind(node, "keyword"):
            return [node]
        name, equal, value = node.children  # type: ignore[union-attr]
        return [name, self._column("="), equal, " ", value]

    def _about(self, children: Sequence[Child]) -> Ops:
        keyword, opener, *inside, closer = children
        facts = [child for child in inside if not is_kind(child, "COMMA", "NEWLINE")]
        if not facts:
            return [keyword, " ", opener, closer]
        outer, inner = Group(), Group()
        ops: list[Op] = [keyword, " ", Open(outer), opener, Indent(), Break(When.BROKEN, group=outer), Open(inner)]
        for number, fact in enumerate(facts):
            if number and any(is_kind(child, "NEWLINE") for child in inside):
                ops.append(Break(When.ALWAYS, blank=Blank.ALL))
            elif number:
                ops.append(lambda: [Break(When.BROKEN, ", ", inner, mark=self._mark(","))])
            ops += self._fact(fact)
        return [*ops, Close(inner), Break(When.BROKEN, group=outer, closes=True), closer, Close(outer)]

    # --- bodies and flows ---

    def _body(self, children: Sequence[Child]) -> Ops:
        return self._braces(children, Group(), self._items)

    def _items(self, parts: Sequence[Child], _group: Group) -> Ops:
        """Statements, with a blank line between those of different kinds."""
        items = [part for part in parts if not is_kind(part, "NEWLINE")]
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
            ops += [self._arrow(chain), child, " "] if is_kind(child, "ARROW") else [child]
        return [*ops, end, Dedent()]

    def _arrow(self, chain: Chain) -> Callable[[], Ops]:
        """Breaks the line before an arrow where the author did, and where the flow is too long."""

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
            ops += [" ", child] if is_kind(child, "fan") else [child]
        return ops

    def _choose(self, children: Sequence[Child]) -> Ops:
        group = Group()
        return [Open(group), *self._sides(children, group), Close(group)]

    def _sides(self, children: Sequence[Child], group: Group) -> Ops:
        """The sides of a choice are all on one line, or none is."""
        ops: list[Op] = []
        for number, child in enumerate(children):
            if is_kind(child, "ELSE"):
                ops.append(self._kept(group))
            if number:
                ops.append(" ")
            if is_kind(child, "body"):
                ops += self._braces(child.children, group, self._items, opens=False)  # type: ignore[union-attr]
            elif is_kind(child, "choose"):
                ops.append(lambda child=child: self._sides(child.children, group))  # type: ignore[misc]
            else:
                ops.append(child)
        return ops

    def _each(self, children: Sequence[Child]) -> Ops:
        ops: list[Op] = [children[0]]
        for child in children[1:]:
            ops += [","] if is_kind(child, "COMMA") else [" ", child]
        return ops

    def _fan(self, children: Sequence[Child]) -> Ops:
        return self._braces(children, Group(), self._branches)

    def _branches(self, parts: Sequence[Child], group: Group) -> Ops:
        branches = [part for part in parts if not is_kind(part, "COMMA", "NEWLINE")]
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
        if is_kind(flow, "flow"):
            return [*ops, *self._steps(flow.children, Chain(labelled=True))]  # type: ignore[union-attr]
        return [*ops, flow]

    # --- expressions ---

    def _operators(self, parts: Sequence[Child]) -> Ops:
        """Operands and operators, with line breaks before the operators if the expression is too long."""
        if not self._is_free:
            return self._words(parts)
        group = Group()
        ops: list[Op] = [Open(group), parts[0]]
        for part in parts[1:]:
            is_second = is_kind(part, "IN") and is_kind(ops[-1], "NOT")  # `not in`
            ops += [Break(When.BROKEN, group=group) if isinstance(part, Leaf) and not is_second else " ", part]
        return [*ops, Close(group)]

    def _item(self, children: Sequence[Child]) -> Ops:
        value, *subscript = children
        return [value, *self._enclosed(subscript)]

    # --- tables ---

    def _table(self, children: Sequence[Child]) -> Ops:
        keyword, opener, *inside, closer = children
        rows = [child for child in inside if not is_kind(child, "NEWLINE")]
        self.tables += 1
        table, group = self.tables, Group()
        ops: list[Op] = [keyword, " ", Open(group), opener, Indent()]
        for number, row in enumerate(rows):
            ops.append(Break(When.ALWAYS, blank=Blank.ALL if number else Blank.LAST))
            ops += [lambda row=row: self._row(row, table)]  # type: ignore[misc]
        return [*ops, Break(When.ALWAYS, blank=Blank.FIRST, closes=True), closer, Close(group)]

    @staticmethod
    def _row(row: Child, table: int) -> Ops:
        """Aligned cells; a row is one line, however long it is."""
        cells = row.children if isinstance(row, Node) else (row,)
        group = Group(flat=True)
        ops: list[Op] = [Open(group), cells[0]]
        for number, cell in enumerate(cells[1:]):
            ops += [Break(When.NEVER, "  ", mark=Mark(CELL, number, True, table)), cell]
        return [*ops, Close(group)]


def _is_labelled(branch: Child) -> bool:
    return isinstance(branch, Node) and len(branch.children) > 1


def _sort(item: Child) -> str:
    return "let" if item.kind == "shared" else item.kind


def _leaning(rules: Rules, children: Sequence[Child], kind: str) -> Ops:
    """Flattens a left-associative chain of operations of one kind."""
    parts: list[Child] = []
    while True:
        first, *others = children
        parts += reversed(others)
        if not (isinstance(first, Node) and first.kind == kind):
            break
        children = first.children
    return rules._operators([first, *reversed(parts)])


_RULES: Final[dict[str, Callable[[Rules, Sequence[Child]], Ops]]] = {
    "import_": Rules._import,
    "import_name": Rules._words,
    "let": Rules._let,
    "shared": Rules._let,
    "function": Rules._function,
    "computed": Rules._body,
    "block": Rules._block,
    "model": Rules._block,
    "variant": Rules._variant,
    "check": Rules._check,
    "approximately": Rules._operators,
    "where": Rules._where,
    "params": Rules._bracketed,
    "param": Rules._param,
    "type": Rules._words,
    "signature": Rules._signature,
    "ports": Rules._bracketed,
    "port": Rules._labelled_shape,
    "shape": Rules._bracketed,
    "about": Rules._about,
    "body": Rules._body,
    "flow": Rules._flow,
    "tap": Rules._tap,
    "claim": Rules._claim,
    "apply": Rules._apply,
    "target_item": Rules._item,
    "choose": Rules._choose,
    "each": Rules._each,
    "repeat": Rules._words,
    "send": Rules._words,
    "fan": Rules._fan,
    "branch": Rules._branch,
    "labelled": Rules._branch,
    "conditional": Rules._operators,
    "or_": lambda rules, children: _leaning(rules, children, "or_"),
    "and_": lambda rules, children: _leaning(rules, children, "and_"),
    "not_": Rules._words,
    "comparison": Rules._operators,
    "sum": lambda rules, children: _leaning(rules, children, "sum"),
    "product": lambda rules, children: _leaning(rules, children, "product"),
    "power": Rules._operators,
    "item": Rules._item,
    "group": Rules._enclosed,
    "list": Rules._bracketed,
    "comprehension": Rules._comprehension,
    "arguments": Rules._arguments,
    "table": Rules._table,
}
"""What rules are written as; the tokens of all others stand close together."""
