"""The arguments of a call of a library block, from the solution for its parameters."""

from __future__ import annotations

from typing import Any

from archdsl.elaborate.values import BlockRef
from archdsl.intake.library.solution import UNKNOWN, Callee, Solution, Variable


def given(callee: Callee, solution: Solution) -> dict[str, Any] | None:
    """The arguments of a call that differ from defaults; ``None`` where one is not known."""
    assert isinstance(callee.of, BlockRef)
    found: dict[str, Any] = {}
    for param in callee.of.decl.params:
        name, binding = param.name.id, callee.given[param.name.id]
        value = solution.plain(binding)
        if isinstance(binding, Variable):
            if binding.default is not None and solution.is_default(binding):
                continue
            if value is UNKNOWN:
                return None
        if isinstance(value, Callee):
            value = _settled(value, solution)
        if value is None:
            return None
        found[name] = value
    return found


def _settled(callee: Callee, solution: Solution) -> Callee | None:
    """An op or block as an argument, with values for its own arguments."""
    if not isinstance(callee.of, BlockRef):
        return callee
    given = {n: b for n, b in callee.given.items() if isinstance(b, Variable)}
    names = [p.name.id for p in callee.of.decl.params if p.name.id in given]
    found: dict[str, Any] = {}
    for name in names:
        variable = given[name]
        if variable not in solution.bound or solution.is_default(variable):
            if variable.default is None:
                return None
            continue
        value = solution.plain(variable)
        if isinstance(value, Callee):
            value = _settled(value, solution)
        if value is None or value is UNKNOWN:
            return None
        found[name] = value
    return Callee(callee.of, found)
