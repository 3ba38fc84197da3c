"""Flows as terms, which can be compared, generalised and written: what ``archdsl.generalise`` works on.

======================  ============================================================
head                    children
======================  ============================================================
``("flow",)``           steps by their place
``("op", name)``        arguments; tensor arguments by name, references or flows; of a join ``with0`` …,
                        references, and then its branches, flows by their place
``("use", name)``       none: a step that shares its weights with others of the name
``("residual",)``       ``drop``, the rate; ``body``, a flow
``("repeat",)``         ``count``; ``body``
``("for", columns, h)`` ``rows``, a tuple for each round, or a value for each where there is one column; ``body``, a
                        flow with holes of height ``h``
``("call", block)``     arguments
``("std", block)``      of a block of the library, all arguments
``("start",)``          ``value``, a reference with which a flow starts; none where it is what flows in
``("tap",)``            ``name``, a reference; ``of``, the step whose value it is
``("nest",)``           ``body``, a flow in braces
``("ports",)``          flows by their place: several outputs
``("give",)``           references by their place: what a block gives, where that are several values
======================  ============================================================
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.intake.flat import Flat
from archdsl.intake.flow import Step
from archdsl.ops.base import Op
from archdsl.ops.init import STARTS
from archdsl.ops.registry import OPS
from archdsl.ops.show import as_value

FLOW: Final = ("flow",)
RESIDUAL: Final = ("residual",)
REPEAT: Final = ("repeat",)


@dataclass(frozen=True, slots=True)
class Hole:
    """A variable of a loop or a parameter of a block, where a flow has different values.

    ``height`` tells loops within loops apart: a loop is higher than all loops in its body.
    """

    height: int
    index: int
    factor: int = 1
    """The factor of the variable."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that has a name: of a tap or an input."""

    name: str
    part: str = ""
    """Of several values with one name, which of them."""


@dataclass(frozen=True, slots=True)
class Free:
    """A hole of a loop outside of a passage, or a reference to a value outside: it is given to the block.

    One with another mark is another value, so that a parameter stands for it even where all passages have the same.
    """

    of: Hole | Ref
    mark: int


@dataclass(frozen=True, slots=True)
class Usual:
    """An argument of a library block that is not given: what it is by default, ``...`` where that depends on others."""

    value: Hashable


COMPUTED: Final = Usual(...)


class Unused(Enum):
    """The value of a term that is never run: an arbitrary one."""

    ANY = "any"


ANY: Final = Unused.ANY


_CELL: Final = 0.3
"""Words that a value takes in a table, where it has no name beside it."""
_SAID: Final = 4
"""Values of a list that a formula says."""


def flow(steps: list[Term]) -> Term:
    return Term(FLOW, tuple((str(place), step) for place, step in enumerate(steps)))


def steps_of(term: Hashable) -> list[Term]:
    """The steps of a flow."""
    assert isinstance(term, Term)
    assert term.head == FLOW
    return [step for _, step in term.children if isinstance(step, Term)]


@dataclass(frozen=True, slots=True)
class Named:
    """The names of values and weights that are used more than once."""

    taps: Mapping[str, str]
    """Of values by the names of their nodes."""
    shared: Mapping[str, str]
    """Of weights by the nodes that own them."""

    def term(self, step: Step) -> Term:
        """A step of a model's flow."""
        if step.refers:
            return Term(("start",), (("value", self._ref(step.refers)),))
        if step.nested:
            *front, last = steps_of(self.terms(step.nested))
            is_named = last.head == ("tap",)
            inner = dict(last.children)["of"] if is_named else last
            assert isinstance(inner, Term)
            nest = Term(("nest",), (("body", flow([*front, inner])),))
            return Term(last.head, (last.children[0], ("of", nest))) if is_named else nest
        if step.call is not None:
            return self._tapped(step, step.call)
        if step.node is None:
            return Term(("ports",), self._branches(step))
        return self._tapped(step, self._op(step, step.node))

    def _tapped(self, step: Step, made: Term) -> Term:
        assert step.node is not None
        name = step.node.name
        return Term(("tap",), (("name", self._ref(name)), ("of", made))) if name in self.taps else made

    def terms(self, steps: Sequence[Step]) -> Term:
        return flow([self.term(step) for step in steps])

    def _ref(self, value: str) -> Ref:
        return Ref(self.taps[value])

    def _branches(self, step: Step) -> tuple[tuple[str, Term], ...]:
        return tuple((str(place), self.terms(branch)) for place, branch in enumerate(step.branches))

    def _op(self, step: Step, node: Flat) -> Term:
        op = node.op
        if node.layer in self.shared:
            return Term(("use", self.shared[node.layer]), self._given(step))
        if not step.branches:
            return Term(("op", op.name), (*arguments(op), *self._given(step)))
        branches = self._branches(step)
        if op.name == "add" and len(branches) == 2 and not getattr(op, "broadcast", False):
            bodies = [each for _, each in branches if each.children]
            if len(bodies) == 1:
                return _residual(bodies[0])
        return Term(("op", op.name), (*arguments(op), *branches))

    def _given(self, step: Step) -> tuple[tuple[str, Hashable], ...]:
        refers = tuple((f"with{i}", self._ref(name)) for i, name in enumerate(step.with_))
        given = ((n, self._ref(v) if isinstance(v, str) else self.terms(v)) for n, v in step.given.items())
        return (*refers, *given)


def _residual(body: Term) -> Term:
    steps = steps_of(body)
    if len(steps) > 1 and steps[-1].head == ("op", "drop_path"):
        rate = dict(steps[-1].children)["rate"]
        return Term(RESIDUAL, (("drop", rate), ("body", flow(steps[:-1]))))
    return Term(RESIDUAL, (("drop", 0.0), ("body", body)))


def arguments(op: Op) -> Iterator[tuple[str, Hashable]]:
    """The arguments of an op that are given, but for those that say how weights start.

    One that is not given has no word in the language, and so is no value that a table could have in a row.
    """
    positional = [name for name in op.positional if name in type(op).model_fields]
    for name in (*positional, *(n for n in type(op).model_fields if n not in positional)):
        if name not in STARTS and (value := getattr(op, name)) is not None:
            yield name, as_value(value)


def default(op: str, argument: str) -> Any:
    """The value that an argument of an op has when it is not given; ``...`` if it must be."""
    found = OPS[op].model_fields[argument]
    return ... if found.is_required() else as_value(found.default)


def skeleton(of: Hashable) -> Hashable:
    """What terms of one form have in common: heads, names of children and holes, without the values.

    Equal skeletons are made to be equal objects by ``Shapes``.
    """
    if isinstance(of, Term):
        return of.head, tuple((name, skeleton(child)) for name, child in of.children)
    return of if isinstance(of, Hole) or of == COMPUTED else None


def cost(of: Hashable) -> float:
    """The length of a term's text, in words."""
    if not isinstance(of, Term):
        return 0.5 if isinstance(of, Ref) else 0
    inner = sum(cost(child) for _, child in of.children)
    match of.head:
        case ("flow",):
            return inner
        case ("op", str(name)):
            shown = sum(bool(v != default(name, n)) for n, v in of.children if n in OPS[name].model_fields)
            return 1 + 0.5 * shown + inner + (1 if any(n.isdigit() for n, _ in of.children) else 0)
        case ("for", _, _):
            rows = dict(of.children)["rows"]
            return 2 + _CELL * leaves(rows) + _tables(rows) + inner
        case ("call" | "std", _):
            return 1 + sum(given(value) for _, value in of.children)
    return 1 + inner


def given(value: Hashable) -> float:
    """The text length of an argument of a call. An op takes a word, often its name; numbers may take a formula."""
    match value:
        case Usual():
            return 0
        case Ref():
            return 0.5
        case Term(head=("op", _)):
            return 0.5 + 0.25 * (cost(value) - 1)
        case tuple():
            return 0.5 * leaves(value)
    return 0.5 + cost(value)


def _tables(rows: Hashable) -> float:
    """How much harder a table is to read by the tables in its cells: two words for each row of these."""
    cells = [cell for row in rows if isinstance(row, tuple) for cell in row] if isinstance(rows, tuple) else []
    return 2 * sum(isinstance(inner, tuple) for cell in cells if isinstance(cell, tuple) for inner in cell)


def leaves(value: object) -> int:
    """How many values a list of lists holds; fractions are often said by a formula."""
    if not isinstance(value, tuple):
        return 1
    if len(value) > _SAID and all(isinstance(each, float) for each in value):
        return _SAID
    return sum(map(leaves, value))


def height(of: Hashable) -> int:
    """The nesting depth of loops."""
    if not isinstance(of, Term):
        return 0
    inner = max((height(child) for _, child in of.children), default=0)
    return inner + (of.head[0] in ("repeat", "for"))  # type: ignore[index]  # heads are tuples


def count_ops(of: Hashable) -> int:
    """The number of ops and calls in the text of a term."""
    if not isinstance(of, Term):
        return 0
    if of.head[0] in ("call", "std"):  # type: ignore[index]  # heads are tuples
        return 1
    return (of.head[0] in ("op", "residual")) + sum(count_ops(c) for _, c in of.children)  # type: ignore[index]
