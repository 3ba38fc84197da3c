"""Unification of the arguments of an op in the model with those in a definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.difference.canon import canonical
from archdsl.intake.library.solution import Callee, Delayed, Solution, Variable, Wanted, argument
from archdsl.ops.base import Op
from archdsl.ops.init import STARTS
from archdsl.syntax import ast


def equal(solution: Solution, binding: Any, wanted: Wanted) -> Solution | None:
    """The solution with the constraint that the binding of a name has a value."""
    if isinstance(binding, Variable):
        if binding not in solution.bound:
            return solution.bind(binding, wanted.value)
        binding = solution.bound[binding]
    if isinstance(binding, Delayed):
        return solution.equal(binding.expression, binding.frame, wanted)
    return solution if not isinstance(binding, Callee) and wanted.is_met(binding) else None


def own_arguments(op: Op) -> dict[str, Any]:
    """The arguments of an op that are not its defaults."""
    fields = type(op).model_fields
    return {
        name: argument(op, name)
        for name in fields
        if name not in STARTS and (fields[name].is_required() or getattr(op, name) != fields[name].default)
    }


def is_literal(binding: Any) -> bool:
    """Whether a binding is soon compared."""
    return isinstance(binding, Delayed) and isinstance(binding.expression, ast.Literal)


def is_default(op: Op, given: Mapping[str, Any]) -> bool:
    """Whether all arguments that are not given are what they are by default."""
    fields = type(op).model_fields
    left = {name: fields[name].default for name in fields if name not in given and name not in STARTS}
    if any(fields[name].is_required() for name in left):
        return False
    return all(getattr(op, n) == v for n, v in left.items()) or canonical(op.model_copy(update=left)) == canonical(op)
