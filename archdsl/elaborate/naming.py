"""Names of the places in a block's text: each step that may make an op or a call of a block has one.

A name depends on the text before it in the same part and on nothing else: not on values, conditions or rounds, nor on
what follows. A part is a block's body, a branch of a join, or what has a tap and steps of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Names(NamedTuple):
    """Names by the identity of syntax nodes, which must be kept as long as this."""

    steps: Mapping[int, str]
    """Of an ``Apply`` the op or block, of a ``Tap`` what it names, of a ``Branch`` with a label its part."""
    drops: Mapping[int, str]
    """Of a ``residual`` its ``drop_path``. Its body belongs to the part around it."""


def names(block: ast.Block, *, has_id: bool) -> Names:
    """The names in a block's body. ``has_id`` says whether ``id`` means in its file what it means in the language.

    Starts of flows from tensors, and ``id``, make nothing and have no names.
    """
    namer = _Namer(block, has_id=has_id)
    namer.name(block.body)
    return Names(namer.steps, namer.drops)


def snake_case(name: str) -> str:
    """
    >>> snake_case("ConvBNAct"), snake_case("SEBlock2")
    ('conv_bn_act', 'se_block2')
    """
    return _WORDS.sub("_", name).lower()


class _Part:
    """What must have different names."""

    def __init__(self, inputs: frozenset[str] = frozenset()) -> None:
        self._inputs = inputs
        """Names of the block's inputs, which no op may have: a model's inputs stand beside its ops."""
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def part(self, word: str) -> str:
        """A name for what holds steps."""
        return self._next(word, is_taken=word in self._taken)

    def step(self, word: str) -> str:
        """A name for what may be an op."""
        return self._next(word, is_taken=word in self._taken or word in self._inputs)

    def _next(self, word: str, *, is_taken: bool) -> str:
        name = word
        while is_taken:
            self._last[word] = number = self._last.get(word, 0) + 1
            name = f"{word}_{number}"
            is_taken = name in self._taken or name in self._inputs
        self._taken.add(name)
        return name


class _Bind(NamedTuple):
    """From here on a tap is a tensor."""

    name: str


class _Enter(NamedTuple):
    """What follows may not be elaborated at all: a side of an ``if``."""


class _Leave(NamedTuple):
    pass


_Next: TypeAlias = tuple[ast.Node | _Bind | _Enter | _Leave, _Part, bool]
"""What is next in the text, the part that it belongs to, and whether a flow starts with it."""


class _Namer:
    def __init__(self, block: ast.Block, *, has_id: bool) -> None:
        self.steps: dict[int, str] = {}
        self.drops: dict[int, str] = {}
        inputs = block.signature.inputs if block.signature else ()
        self._root = _Part(frozenset(port.name.id if port.name else "input" for port in inputs) or frozenset({"input"}))
        self._hidden = frozenset(_hiding(block))
        """Names that may mean something else within the body."""
        self._has_id = has_id and "id" not in self._hidden and all(p.name.id != "id" for p in block.params)
        self._tensors = {port.name.id for port in inputs if port.name}
        self._tensors |= {param.name.id for param in block.params if _is_tensors(param.type)}
        self._bound: list[str] = []
        """Taps in ``_tensors``, in the order in which they came."""
        self._marks: list[int] = []

    def name(self, body: ast.Body) -> None:
        """Goes through a body in the order of the text; without recursion, as hostile files nest deeply."""
        pending: list[_Next] = [(body, self._root, False)]
        while pending:
            node, part, first = pending.pop()
            pending.extend(reversed([*self._visit(node, part, first)]))

    def _visit(self, node: ast.Node | _Bind | _Enter | _Leave, part: _Part, first: bool) -> Iterator[_Next]:
        match node:
            case ast.Apply():
                yield from self._apply(node, part, first)
            case ast.Flow():
                yield from ((step, part, index == 0) for index, step in enumerate(node.steps))
            case ast.Tap():
                yield from self._tap(node, part, first)
            case ast.Body():
                if node.flow is not None:
                    yield node.flow, part, False
            case ast.Branch():
                if node.label is not None:
                    self.steps[id(node)] = part.part(node.label.id)
                if isinstance(node.flow, ast.Flow):
                    yield node.flow, _Part(), False
            case ast.Claim():
                yield node.step, part, first
            case ast.Each() | ast.Repeat() | ast.Nest():
                yield node.body, part, False
            case ast.Choose():
                for side in (node.then, node.otherwise):
                    if side is not None:
                        yield from ((each, part, False) for each in (_Enter(), side, _Leave()))
            case ast.Send():
                yield from ((branch, part, False) for branch in node.branches)
            case _Bind():
                if node.name not in self._tensors and node.name not in self._hidden:
                    self._tensors.add(node.name)
                    self._bound.append(node.name)
            case _Enter():
                self._marks.append(len(self._bound))
            case _Leave():
                mark = self._marks.pop()
                self._tensors.difference_update(self._bound[mark:])
                del self._bound[mark:]

    def _tap(self, tap: ast.Tap, part: _Part, first: bool) -> Iterator[_Next]:
        step = tap.step
        while isinstance(step, ast.Claim):
            step = step.step
        if isinstance(step, ast.Tap):  # the name next to a step is the step's
            yield step, part, first
        elif not isinstance(step, ast.Apply) or step.branches is not None:
            self.steps[id(tap)] = part.part(tap.name.id)
            yield step, _Part(), first
        elif not self._makes_nothing(step, first):
            self.steps[id(tap)] = part.step(tap.name.id)
        yield _Bind(tap.name.id), part, False

    def _apply(self, step: ast.Apply, part: _Part, first: bool) -> Iterator[_Next]:
        if self._makes_nothing(step, first):
            return
        if is_residual(step):
            self.steps[id(step)] = part.step("add")
            self.drops[id(step)] = part.step("drop_path")
            yield from ((branch.flow, part, False) for branch in step.branches or ())
        else:
            self.steps[id(step)] = part.step(snake_case(_word(step.target)))
            yield from ((branch, part, False) for branch in step.branches or ())

    def _makes_nothing(self, step: ast.Apply, first: bool) -> bool:
        target = step.target
        if isinstance(target, ast.Name) and target.id == "id" and self._has_id:
            return True
        while isinstance(target, ast.Field | ast.Item):
            target = target.value
        is_plain = step.arguments is None and step.branches is None
        return first and is_plain and isinstance(target, ast.Name) and target.id in self._tensors


def is_residual(step: ast.Apply) -> bool:
    """Whether a step reads ``residual { … }``: its body then belongs to the part around it."""
    branches = step.branches or ()
    is_body = len(branches) == 1 and branches[0].label is None and isinstance(branches[0].flow, ast.Flow)
    return is_body and isinstance(step.target, ast.Name) and step.target.id == "residual"


def _word(target: ast.Expr) -> str:
    """The word that calls a step: ``unit`` of ``row.units[0]`` is ``units``."""
    while isinstance(target, ast.Item):
        target = target.value
    return target.name.id if isinstance(target, ast.Field) else target.id if isinstance(target, ast.Name) else "step"


def _hiding(block: ast.Block) -> Iterator[str]:
    """The names of a block's body that are no taps."""
    for node in walk(block.body):
        if isinstance(node, ast.Body):
            yield from (statement.name.id for statement in node.statements if not isinstance(statement, ast.Broken))
        elif isinstance(node, ast.Each):
            yield from (target.id for target in node.targets)
        elif isinstance(node, ast.Repeat) and node.index is not None:
            yield node.index.id


def _is_tensors(type_: ast.Type) -> bool:
    """Whether every value of a type is a tensor or a list of them."""
    while len(type_.alternatives) == 1:
        kind = type_.alternatives[0]
        if kind.name != "list" or kind.item is None:
            return kind.name == "tensor"
        type_ = kind.item
    return False
