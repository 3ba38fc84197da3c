"""Path names in a block: each step that may make an op or a call of a block has one.

A name depends on the text before it in the same part and on nothing else: not on values, conditions or rounds, nor on
what follows. A part is a block's body, a branch of a join, or what has a tap and steps of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Final, NamedTuple, TypeAlias

from archdsl.names.model import TENSORS, Definition
from archdsl.syntax import ast

_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


_ID: Final = frozenset({"keyword"})


class StepNames(NamedTuple):
    """Names by the identity of syntax nodes, which must be kept alive."""

    steps: Mapping[int, str]
    """Of an ``Apply`` the op or block, of a ``Tap`` what it names, of a ``Branch`` with a label its part."""
    drops: Mapping[int, str]
    """Of a ``residual`` its ``drop_path``. Its body belongs to the part around it."""


Meant: TypeAlias = Callable[[ast.Name], Definition | None]


def step_names(block: ast.Block, meant: Meant) -> StepNames:
    """The path names in a block's body. ``meant`` resolves a used name.

    Starts of flows from tensors, and ``id``, make nothing and have no names.
    """
    namer = _Namer(block, meant)
    namer.name(block.body)
    return StepNames(namer.steps, namer.drops)


def snake_case(name: str) -> str:
    """
    >>> snake_case("ConvBNAct"), snake_case("SEBlock2")
    ('conv_bn_act', 'se_block2')
    """
    return _WORDS.sub("_", name).lower()


class _Part:
    """A namespace of path names."""

    def __init__(self, inputs: frozenset[str] = frozenset()) -> None:
        self._inputs = inputs
        """Names of the block's inputs, which no op may have: a model's inputs stand beside its ops."""
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def part(self, word: str) -> str:
        """A unique name for a part with steps."""
        return self._next(word, is_taken=word in self._taken)

    def step(self, word: str) -> str:
        """A unique name for a possible op."""
        return self._next(word, is_taken=word in self._taken or word in self._inputs)

    def _next(self, word: str, *, is_taken: bool) -> str:
        name = word
        while is_taken:
            self._last[word] = number = self._last.get(word, 0) + 1
            name = f"{word}_{number}"
            is_taken = name in self._taken or name in self._inputs
        self._taken.add(name)
        return name


_Next: TypeAlias = tuple[ast.Node, _Part, bool]
"""What is next in the text, the part that it belongs to, and whether a flow starts with it."""


class _Namer:
    def __init__(self, block: ast.Block, meant: Meant) -> None:
        self.steps: dict[int, str] = {}
        self.drops: dict[int, str] = {}
        self._meant = meant
        inputs = block.signature.inputs if block.signature else ()
        self._root = _Part(frozenset(port.name.id if port.name else "input" for port in inputs) or frozenset({"input"}))

    def name(self, body: ast.Body) -> None:
        """Names the steps of a body in text order; iterative, as hostile files nest deeply."""
        pending: list[_Next] = [(body, self._root, False)]
        while pending:
            node, part, first = pending.pop()
            pending.extend(reversed([*self._visit(node, part, first)]))

    def _visit(self, node: ast.Node, part: _Part, first: bool) -> Iterator[_Next]:
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
                if not isinstance(node.flow, ast.Spread):
                    yield node.flow, _Part(), False
            case ast.Several():
                yield node.step, part, False
            case ast.Claim():
                yield node.step, part, first
            case ast.Each() | ast.Repeat() | ast.Nest():
                yield node.body, part, False
            case ast.Choose():
                yield from ((side, part, False) for side in (node.then, node.otherwise) if side is not None)
            case ast.Send():
                yield from ((branch, part, False) for branch in node.branches)

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

    def _apply(self, step: ast.Apply, part: _Part, first: bool) -> Iterator[_Next]:
        if self._makes_nothing(step, first):
            return
        if is_precise(step):
            yield from ((branch.flow, part, False) for branch in step.branches or ())
        elif is_residual(step):
            self.steps[id(step)] = part.step("add")
            self.drops[id(step)] = part.step("drop_path")
            yield from ((branch.flow, part, False) for branch in step.branches or ())
        else:
            self.steps[id(step)] = part.step(snake_case(_word(step.target)))
            yield from ((branch, part, False) for branch in step.branches or ())

    def _makes_nothing(self, step: ast.Apply, first: bool) -> bool:
        target = step.target
        if isinstance(target, ast.Name) and target.id == "id" and self._is(target, _ID):
            return True
        while isinstance(target, ast.Field | ast.Item):
            target = target.value
        is_plain = step.arguments is None and step.branches is None
        return first and is_plain and isinstance(target, ast.Name) and self._is(target, TENSORS)

    def _is(self, name: ast.Name, kinds: Set[str]) -> bool:
        found = self._meant(name)
        if found is None:
            return False
        return found.kind in kinds or (isinstance(found.node, ast.Param) and _is_tensors(found.node.type))


def is_residual(step: ast.Apply) -> bool:
    """Whether a step is ``residual { … }``: its body then belongs to the part around it."""
    return _reads(step, "residual")


def is_precise(step: ast.Apply) -> bool:
    """Whether a step is ``float32 { … }``: it makes no op itself, and its body belongs to the part around it."""
    return _reads(step, "float32")


def _reads(step: ast.Apply, word: str) -> bool:
    return body_of(step) is not None and isinstance(step.target, ast.Name) and step.target.id == word


def body_of(step: ast.Apply) -> ast.Flow | None:
    """The flow in the braces of a step, if they contain nothing else."""
    branches = step.branches or ()
    flow = branches[0].flow if len(branches) == 1 and branches[0].label is None else None
    return flow if isinstance(flow, ast.Flow) else None


def _word(target: ast.Expr) -> str:
    """The name of a step's target: ``units`` for ``row.units[0]``."""
    while isinstance(target, ast.Item):
        target = target.value
    return target.name.id if isinstance(target, ast.Field) else target.id if isinstance(target, ast.Name) else "step"


def _is_tensors(type_: ast.Type) -> bool:
    """Whether every value of a type is a tensor or a list of them."""
    while len(type_.alternatives) == 1:
        kind = type_.alternatives[0]
        if kind.name != "list" or kind.item is None:
            return kind.name == "tensor"
        type_ = kind.item
    return False
