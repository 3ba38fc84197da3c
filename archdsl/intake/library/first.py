"""The ops with which a block can begin, which exclude most blocks before they are matched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.module import MISSING, Module
from archdsl.elaborate.values import BlockRef, FunctionRef, Keyword, OpRef
from archdsl.names.steps import body_of, is_residual
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS
from archdsl.syntax import ast

Ops: TypeAlias = frozenset[str]
"""Names of ops; the empty name stands for the following op, where the block may make none."""
AFTER: Final = ""
ANYTHING: Final = "*"


@cache
def first_ops(block: ast.Block, module: Module) -> Ops:
    """The possible first ops of a call of a block; ``ANYTHING`` among them if it may be any."""
    return _First(module, {param.name.id: param.default for param in block.params}).body(block.body)


def may_begin(block: BlockRef, op: str) -> bool:
    found = first_ops(block.decl, block.module)
    return op in found or ANYTHING in found


def starts_anew(body: ast.Body) -> bool:
    """Whether a flow begins with an op that takes no tensor, so that it has no part in what flows."""
    first = body.flow.steps[0] if body.flow is not None else None
    name = first.target.id if isinstance(first, ast.Apply) and isinstance(first.target, ast.Name) else ""
    return name in OPS and OPS[name].arity == NO_INPUT


class _First:
    def __init__(self, module: Module, params: dict[str, ast.Expr | None]) -> None:
        self._module = module
        self._names = params

    def body(self, body: ast.Body) -> Ops:
        lets = {each.name.id: each.value for each in body.statements if isinstance(each, ast.Let)}
        inner = _First(self._module, {**self._names, **lets})
        return inner.flow(body.flow.steps) if body.flow is not None else frozenset({ANYTHING})

    def flow(self, steps: Sequence[ast.Step]) -> Ops:
        found: Ops = frozenset({AFTER})
        for step in steps:
            if AFTER in found:
                found = found - {AFTER} | self._step(step)
        return found

    def _step(self, step: ast.Step) -> Ops:
        match step:
            case ast.Tap(step=ast.Nest(body=body)) if starts_anew(body):
                return frozenset({AFTER})
            case ast.Tap() | ast.Claim():
                return self._step(step.step)
            case ast.Nest():
                return self.body(step.body)
            case ast.Choose():
                other = frozenset({AFTER}) if step.otherwise is None else self.body(step.otherwise)
                return self.body(step.then) | other
            case ast.Repeat() | ast.Each():
                return self.body(step.body) | {AFTER}
            case ast.Apply():
                flow = body_of(step)
                if is_residual(step) and flow is not None:
                    return self.flow(flow.steps) | {"add"}
                return self._called(step.target)
        return frozenset({ANYTHING})

    def _called(self, target: ast.Expr, *, is_default: bool = False) -> Ops:
        """What a call begins with. A parameter may be another op of the family of its default."""
        match target:
            case ast.Call():
                return self._called(target.callee, is_default=is_default)
            case ast.Conditional():
                sides = (target.then, target.otherwise)
                return frozenset().union(*(self._called(side, is_default=is_default) for side in sides))
            case ast.Name(id=name) if name in self._names:
                default = self._names[name]
                return frozenset({ANYTHING}) if default is None else self._called(default, is_default=True)
            case ast.Name(id=name):
                value = self._module.find(name)
                return _of(LANGUAGE.get(name, MISSING) if value is MISSING else value, is_default=is_default)
        return frozenset({ANYTHING})


def _of(value: object, *, is_default: bool) -> Ops:
    match value:
        case OpRef() if is_default:
            return frozenset(name for name, op in OPS.items() if op.family == value.op.family)
        case OpRef():
            return frozenset({value.op.name})
        case BlockRef() if not is_default:
            return first_ops(value.decl, value.module)
        case Keyword(name="id") if not is_default:
            return frozenset({AFTER})
        case FunctionRef() if not is_default:
            return frozenset({ANYTHING})
    return frozenset({ANYTHING})
