"""Flows as terms, which can be compared, generalised and written: what ``archdsl.generalise`` works on.

======================  ============================================================
head                    children
======================  ============================================================
``("flow",)``           steps by their place
``("op", name)``        arguments; of a join then its branches, flows by their place
``("residual",)``       ``drop``, the rate; ``body``, a flow
``("repeat",)``         ``count``; ``body``
``("for", columns, h)`` ``rows``, a tuple for each round, or a value for each where there is one column; ``body``, a
                        flow with holes of height ``h``
``("call", block)``     arguments
``("ref", name)``       a tapped value or an input
``("tap", name)``       ``of``, the step whose value has the name
======================  ============================================================
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.intake.flow import Step
from archdsl.ops.base import Op
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
    """What the variable is multiplied by."""


@dataclass(frozen=True, slots=True)
class Free:
    """A hole of a loop outside of a passage: its value is given to the block.

    One with another mark is another value, so that a parameter stands for it even where all passages have the same.
    """

    hole: Hole
    mark: int


class Unused(Enum):
    """The value of what is never run: any would do."""

    ANY = "any"


ANY: Final = Unused.ANY


def flow(steps: list[Term]) -> Term:
    return Term(FLOW, tuple((str(place), step) for place, step in enumerate(steps)))


def steps_of(term: Hashable) -> list[Term]:
    """The steps of a flow."""
    assert isinstance(term, Term)
    assert term.head == FLOW
    return [step for _, step in term.children if isinstance(step, Term)]


def term(step: Step, taps: Mapping[str, str]) -> Term:
    """A step of a model's flow. ``taps`` names the values that have names."""
    if step.node is None:
        return Term(("ref", taps[step.refers]))
    made = _op(step, taps)
    return Term(("tap", taps[step.node.name]), (("of", made),)) if step.node.name in taps else made


def terms(steps: list[Step], taps: Mapping[str, str]) -> Term:
    return flow([term(step, taps) for step in steps])


def _op(step: Step, taps: Mapping[str, str]) -> Term:
    assert step.node is not None
    op = step.node.op
    if not step.branches:
        refers = tuple((f"with{i}", Term(("ref", taps[name]))) for i, name in enumerate(step.with_))
        return Term(("op", op.name), (*_arguments(op), *refers))
    flows = [terms(branch, taps) for branch in step.branches]
    if op.name == "add" and len(flows) == 2 and not getattr(op, "broadcast", False):
        bodies = [each for each in flows if each.children]
        if len(bodies) == 1:
            return _residual(bodies[0])
    return Term(("op", op.name), (*_arguments(op), *((str(i), each) for i, each in enumerate(flows))))


def _residual(body: Term) -> Term:
    steps = steps_of(body)
    if len(steps) > 1 and steps[-1].head == ("op", "drop_path"):
        rate = dict(steps[-1].children)["rate"]
        return Term(RESIDUAL, (("drop", rate), ("body", flow(steps[:-1]))))
    return Term(RESIDUAL, (("drop", 0.0), ("body", body)))


def _arguments(op: Op) -> Iterator[tuple[str, Hashable]]:
    """All arguments of an op but for those that say how weights start."""
    positional = [name for name in op.positional if name in type(op).model_fields]
    for name in (*positional, *(n for n in type(op).model_fields if n not in positional)):
        if name not in ("init", "bias_init"):
            yield name, as_value(getattr(op, name))


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
    return of if isinstance(of, Hole) else None


def cost(of: Hashable) -> float:
    """How much text a term takes: about one for each word."""
    if not isinstance(of, Term):
        return 0
    inner = sum(cost(child) for _, child in of.children)
    match of.head:
        case ("flow",):
            return inner
        case ("op", str(name)):
            shown = sum(bool(v != default(name, n)) for n, v in of.children if n in OPS[name].model_fields)
            return 1 + 0.5 * shown + inner + (1 if any(n.isdigit() for n, _ in of.children) else 0)
        case ("for", _, _):
            rows = dict(of.children)["rows"]
            return 2 + 0.5 * leaves(rows) + inner
        case ("call", _):
            return 1 + 0.5 * len(of.children)
    return 1 + inner


def leaves(value: object) -> int:
    """How many values a list of lists holds."""
    return sum(map(leaves, value)) if isinstance(value, tuple) else 1


def height(of: Hashable) -> int:
    """How many loops lie within one another."""
    if not isinstance(of, Term):
        return 0
    inner = max((height(child) for _, child in of.children), default=0)
    return inner + (of.head[0] in ("repeat", "for"))  # type: ignore[index]  # heads are tuples


def count_ops(of: Hashable) -> int:
    """How many ops and calls are written in a term."""
    if not isinstance(of, Term):
        return 0
    return (of.head[0] in ("op", "residual", "call")) + sum(count_ops(c) for _, c in of.children)  # type: ignore[index]
