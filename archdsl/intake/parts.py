"""Calls of blocks with several outputs: these have one common name, and each is accessed with a dot."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from archdsl.generalise import Term
from archdsl.intake.definitions import given_by
from archdsl.intake.names import distinct, free
from archdsl.intake.scope import TAP, replaced, taps
from archdsl.intake.terms import FLOW, Ref, flow, steps_of
from archdsl.intake.text import Block
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS


def with_parts(
    body: Term,
    places: Sequence[tuple[int, int]],
    calls: Sequence[Term],
    gives: Sequence[int],
    blocks: Mapping[str, Block],
) -> Term:
    """A flow with calls in the place of passages, and parts of their values in the place of what these named."""
    steps = steps_of(body)
    taken = [*taps(body)]
    parts: dict[str, Ref] = {}
    made: list[Term] = []
    flows: Ref | None = None
    """What a step that takes the flow begins with, after a call that gives several values."""

    def put(step: Term) -> None:
        is_cut = flows is not None and takes_flow(step, blocks)
        made.append(_nested([Term(("start",), (("value", flows),)), step]) if is_cut else step)

    at = 0
    for (start, end), call in zip(places, calls, strict=True):
        for step in steps[at:start]:
            put(step)
            flows = None
        named = [*taps(flow(steps[start:end]))]
        own = [named[place] for place in gives]
        name = free(_in_common(own, taken), taken)
        taken.append(name)
        labels = given_by(blocks[str(call.head[1])])  # type: ignore[index]  # heads are tuples
        parts |= {old: Ref(name, label) for old, label in zip(own, labels, strict=True)}
        put(Term(TAP, (("name", Ref(name)), ("of", call))))
        flows, at = Ref(own[-1]), end
    for step in steps[at:]:
        put(step)
        flows = None
    return replaced(flow(made), lambda leaf: parts.get(leaf.name, leaf) if isinstance(leaf, Ref) else leaf)


def _nested(steps: list[Term]) -> Term:
    """Steps in braces, named by the last of them."""
    last = steps[-1]
    if last.head != TAP:
        return Term(("nest",), (("body", flow(steps)),))
    children = dict(last.children)
    inner = Term(("nest",), (("body", flow([*steps[:-1], _term(children["of"])])),))
    return Term(TAP, (("name", children["name"]), ("of", inner)))


def _in_common(names: Sequence[str], taken: Sequence[str]) -> str:
    """The words that several names begin with, as many as no other name begins with; else those of the first."""
    words: list[str] = []
    for column in zip(*(name.split("_") for name in names), strict=False):
        if len({*column}) > 1:
            break
        words.append(column[0])
    others = [name for name in taken if name not in names]
    return distinct("_".join([*words, "all"]), others) if words and len(words[0]) > 1 else distinct(names[0], taken)


def takes_flow(step: Term, blocks: Mapping[str, Block]) -> bool:
    """Whether a step needs what flows into it, rather than to begin with values that have names."""
    children = dict(step.children)
    match step.head:
        case ("start",):
            return "value" not in children
        case ("tap",):
            return takes_flow(_term(children["of"]), blocks)
        case ("nest",) | ("repeat",) | ("for", _, _):
            return _begins(children["body"], blocks)
        case ("call", str(name)):
            return _begins(blocks[name].body, blocks)
        case ("ports",):
            return any(_begins(child, blocks) for child in children.values())
        case ("op", str(name)):
            branches = [child for label, child in step.children if label.isdigit()]
            arity = OPS[name].arity
            return any(_begins(each, blocks) for each in branches) if branches else arity != NO_INPUT
    return True


def _begins(of: Hashable, blocks: Mapping[str, Block]) -> bool:
    if not isinstance(of, Term) or of.head != FLOW:
        return False
    steps = steps_of(of)
    return not steps or takes_flow(steps[0], blocks)


def _term(of: Hashable) -> Term:
    assert isinstance(of, Term)
    return of
