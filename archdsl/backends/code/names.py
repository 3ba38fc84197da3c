"""Variables of ``forward``: a value reuses the name of an operand that is not needed any more."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from archdsl.backends.code.body import Body, Step
from archdsl.backends.code.stacks import POP, STACK

_TAKEN = frozenset(
    {"self", "torch", "nn", "F", "Tensor", "math", "range", "zip", "len", "input", "print", "sum", "max", STACK}
)


def inputs(body: Body, ports: Sequence[str] = ()) -> list[str]:
    """The names of the arguments of ``forward``."""
    if len(body.inputs) == 1:
        return ["x"]
    if ports:
        return [_identifier(port) for port in ports]
    return [("x", "y", "z")[i] if i < 3 else f"x{i}" for i in range(len(body.inputs))]


def variables(
    body: Body,
    given: Sequence[str],
    passes: Mapping[int, int],
    *,
    spare: Sequence[str] = ("out", "branch"),
    taken: Collection[str] = (),
    keeps_inputs: bool = False,
) -> dict[str, str]:
    """The variable of each value of a body; ``passes`` are operands that a step may leave unchanged.

    Those that go by no group or tap are called as one of ``spare``; none as one of ``taken``. With ``keeps_inputs`` the
    inputs are needed after the last step.
    """
    kept = keeps_inputs or any("{0}" in r.after for r in body.returns)
    last = {name: len(body.steps) for name in body.inputs if kept}
    for place, step in enumerate(body.steps):
        uses_here = [operand.value for operand in step.operands]
        last.update({value: place for value in uses_here if not (keeps_inputs and value in body.inputs)})
    last.update({operand.value: len(body.steps) for operand in body.returns})
    uses = Counter(operand.value for step in body.steps for operand in (*step.operands,))
    uses.update(operand.value for operand in body.returns)
    found = {POP: POP} | dict(zip(body.inputs, given, strict=True))
    for place, step in enumerate(body.steps):
        if is_attribute(step, place in passes):
            found[step.results[0]] = f"self.{step.attr}"
            continue
        live = {found[value] for value in found if last.get(value, -1) > place}
        ending = [operand.value for operand in step.operands if last.get(operand.value, -1) <= place]
        if place in passes and (passing := step.operands[passes[place]].value) in ending:
            ending.insert(0, passing)
        free = [found[value] for value in ending if found[value] not in live and "." not in found[value]]
        for result in step.results:
            if free and len(step.results) == 1:
                found[result] = free[0]
            else:
                found[result] = _fresh(step.tap if uses[result] > 1 else step.label, live.union(taken), spare)
            live.add(found[result])
    return found


def is_attribute(step: Step, is_optional: bool) -> bool:
    """Whether a step returns an attribute unchanged, which then needs no variable."""
    return step.code.template == "{self}" and not is_optional


def _fresh(label: str, live: set[str], spare: Sequence[str]) -> str:
    words = [part for part in label.split(".") if part and not part.isdigit()]
    wanted = [_identifier(words[-1])] if words else []
    for name in (*wanted, *spare):
        if name not in live:
            return name
    stem, number = wanted[0] if wanted else spare[-1], 2
    while f"{stem}{number}" in live:
        number += 1
    return f"{stem}{number}"


def _identifier(name: str) -> str:
    name = re.sub(r"\W", "_", name)
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name
