"""A model's flow with calls of the library's blocks in the place of what they make, the largest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from archdsl.elaborate.values import BlockRef, Keyword, OpRef
from archdsl.generalise import Term
from archdsl.intake.flat import FlatGraph
from archdsl.intake.flow import Step, Written
from archdsl.intake.library.matching import Match, Matcher
from archdsl.intake.library.place import Place
from archdsl.intake.library.shelf import has_loop, mentioned, shelf
from archdsl.intake.library.solution import UNKNOWN, Callee, Delayed, Frame, Solution
from archdsl.intake.terms import COMPUTED, Usual, arguments, cost
from archdsl.intake.text import Block


@dataclass(slots=True)
class Standard:
    """A flow with calls of library blocks."""

    steps: list[Step]
    order: list[str]
    """The nodes in the order of the text, which in a block is that of the library."""
    spans: dict[int, int] = field(default_factory=dict)
    """The number of nodes that a call makes, by the index of its first in that order."""


def standard(found: Written, graph: FlatGraph) -> tuple[Standard, Standard]:
    """A flow with calls of library blocks where they fit: of all, and of those without loops.

    What a block with a loop takes in one call may be shorter as rounds of a loop that has a table.
    """
    users = Counter(node.layer for node in graph)
    alone = {node.name for node in graph if users[node.layer] > 1} | {*found.tapped}
    matcher = Matcher(graph, shelf(), frozenset(alone))
    return (
        _Replacer(found, graph, matcher, shelf().blocks).run(),
        _Replacer(found, graph, matcher, [block for block in shelf().blocks if not has_loop(block.decl)]).run(),
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """The shortest text of a flow up to a step."""

    text: float
    start: int
    """Where its last part begins."""
    match: Match | None
    """A call that is its last part."""
    inside: Step | None
    """Else the step that is."""


class _Replacer:
    def __init__(self, found: Written, graph: FlatGraph, matcher: Matcher, blocks: Sequence[BlockRef]) -> None:
        self._blocks = blocks
        self._found = found
        self._made = Standard([], [*found.order])
        self._first = next(iter(graph.inputs))
        self._matcher = matcher
        self._place = {name: place for place, name in enumerate(found.order)}

    def run(self) -> Standard:
        self._made.steps = self.flow(self._found.steps, self._first)
        return self._made

    def flow(self, steps: Sequence[Step], came: str) -> list[Step]:
        """Steps with calls in them: the partition with the least text."""
        ways: list[_Way | None] = [_Way(0.0, 0, None, None), *[None] * len(steps)]
        looped: dict[str, int] = {}
        for at, step in enumerate(steps):
            place = Place(steps, at, came)
            options = [*self._options(place, looped)]
            if all(match.end != at + 1 for _, match in options):
                inside = self._inside(step, place.value)
                self._reach(ways, at, at + 1, _cost(inside), None, inside)
            for own, match in options:
                self._reach(ways, at, match.end, own, match, None)
        return self._chosen(steps, ways)

    def _reach(
        self, ways: list[_Way | None], at: int, end: int, own: float, match: Match | None, inside: Step | None
    ) -> None:
        before, known = ways[at], ways[end]
        assert before is not None, "each step leads to the next"
        text = before.text + own
        if known is None or text < known.text or (text == known.text and known.match is None):
            ways[end] = _Way(text, at, match, inside)

    def _chosen(self, steps: Sequence[Step], ways: Sequence[_Way | None]) -> list[Step]:
        made: list[Step] = []
        at = len(steps)
        while at:
            way = ways[at]
            assert way is not None
            if way.match is not None:
                made.append(self._call(way.match, steps[at - 1]))
            elif way.inside is not None:
                made.append(way.inside)
            at = way.start
        return made[::-1]

    def _options(self, place: Place, looped: dict[str, int]) -> Iterator[tuple[float, Match]]:
        """Calls that begin at a place, and how much text each takes.

        ``looped`` says of blocks with loops up to which step they were found: a later round would be no better start.
        """
        if place.step is None or place.step.node is None:
            return
        found = [match for block in self._blocks for match in self._of(block, place, looped)]
        for match in found:
            # A call that is one of another block and nothing more gives way to that.
            inner = mentioned(match.block.decl)
            if not any(other.end == match.end and other.block.decl.name.id in inner for other in found):
                yield cost(_term(match.block, match.given)), match

    def _of(self, block: BlockRef, place: Place, looped: dict[str, int]) -> Collection[Match]:
        name = block.decl.name.id
        if looped.get(name, 0) > place.at:
            return ()
        found = self._matcher.match(block, place)
        if has_loop(block.decl):
            looped[name] = max((match.end for match in found), default=0)
        return found

    def _inside(self, step: Step, value: str) -> Step:
        branches = [self.flow(branch, value) for branch in step.branches]
        given = {n: v if isinstance(v, str) else self.flow(v, value) for n, v in step.given.items()}
        return replace(step, branches=branches, given=given, nested=self.flow(step.nested, value))

    def _call(self, match: Match, last: Step) -> Step:
        places = sorted(self._place[name] for name in match.nodes)
        assert places == [*range(places[0], places[-1] + 1)], "steps stand together in the text"
        self._made.order[places[0] : places[-1] + 1] = match.nodes
        self._made.spans[places[0]] = len(match.nodes)
        return Step(last.node, call=_term(match.block, match.given))


def _cost(step: Step) -> float:
    """The length of a step's text."""
    if step.call is not None:
        return cost(step.call)
    own = cost(Term(("op", step.node.op.name), tuple(arguments(step.node.op)))) if step.node is not None else 1
    inner = [*step.branches, step.nested, *(each for each in step.given.values() if not isinstance(each, str))]
    return own + sum(_cost(each) for flow in inner for each in flow)


def _term(block: BlockRef, given: Mapping[str, Any]) -> Term:
    """A call with all parameters, including those with default values."""
    usual = _constants(block.decl.name.id)
    children = []
    for param in block.decl.params:
        name = param.name.id
        children.append(
            (name, _leaf(given[name]) if name in given else Usual(usual[name]) if name in usual else COMPUTED)
        )
    return Term(("std", block.decl.name.id), tuple(children))


def _leaf(value: Any) -> Any:
    return _callee(value) if isinstance(value, Callee) else value


def _callee(callee: Callee) -> Hashable:
    if isinstance(callee.of, BlockRef):
        return _term(callee.of, callee.given)
    if callee.of is None:
        return Term(("start",))
    fields = callee.of.model_fields
    if any(field.is_required() and name not in callee.given for name, field in fields.items()):
        given = tuple((n, _leaf(v)) for n, v in callee.given.items())
        return Term(("op", callee.of.name), given)
    op = callee.of(**callee.given)
    return Term(("op", callee.of.name), tuple(arguments(op)))


@cache
def _constants(name: str) -> dict[str, Hashable]:
    """The defaults of a block that depend on nothing, by the names of its parameters."""
    block = next(each for each in shelf().blocks if each.decl.name.id == name)
    names = {param.name.id for param in block.decl.params}
    found: dict[str, Hashable] = {}
    frame = Frame(block.module, dict.fromkeys(names, UNKNOWN))
    solution = Solution(shelf().session)
    for param in block.decl.params:
        value = UNKNOWN if param.default is None else solution.of(Delayed(param.default, frame))
        leaf = _constant(value)
        if leaf is not UNKNOWN:
            found[param.name.id] = leaf
    return found


def _constant(value: Any) -> Any:
    match value:
        case bool() | int() | float() | str() | tuple():
            return value
        case OpRef():
            return _callee(Callee(value.op, {n: given.value for n, given in value.arguments.items()}))
        case BlockRef():
            return _callee(Callee(value, {n: given.value for n, given in value.arguments.items()}))
        case Keyword(name="id"):
            return Term(("start",))
    return UNKNOWN


@cache
def library_block(name: str) -> Block:
    """A block of the library as the writer of texts needs it: what it is called with."""
    block = next(each for each in shelf().blocks if each.decl.name.id == name)
    usual = _constants(name)
    params = tuple(param.name.id for param in block.decl.params)
    return Block(name, params, ("",) * len(params), Term(("flow",)), tuple(usual.get(each) for each in params))


def home(name: str) -> str:
    """The module that a block of the library is imported from."""
    return shelf().homes[name]
