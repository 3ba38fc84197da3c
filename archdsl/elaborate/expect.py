"""Checks that values have the kind that their place needs: a condition, a list to iterate over, tensors."""

from __future__ import annotations

from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import keep_quiet, unknown
from archdsl.elaborate.values import POISON, Bundle, Tensor, Unknown, Value, describe
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast

_BOOL, _LIST = Type.named("bool"), Type.named("list")


def iterate(value: Value, span: Span) -> tuple[Value, ...]:
    """The elements that a loop iterates over."""
    if not isinstance(value, tuple):
        keep_quiet(value, "list")
        hint = (f"write `range({span.text})`",) if isinstance(value, int) else ()
        raise Failure(
            codes.WrongType(span=span, what="what a loop goes over", wanted="a list", given=describe(value), help=hint)
        )
    return value


def bind_targets(targets: tuple[ast.Name, ...], value: Value, scope: Scope) -> None:
    """Binds the variables of a loop for one iteration."""
    if len(targets) == 1:
        scope.names[targets[0].id] = value
        return
    parts = _parts(value, len(targets))
    if isinstance(parts, tuple) and 0 < len(parts) < len(targets):
        rest = _parts(parts[-1], len(targets) - len(parts) + 1)
        parts = (*parts[:-1], *rest) if isinstance(rest, tuple) else parts
    if not isinstance(parts, tuple) or len(parts) != len(targets):
        span = targets[0].span.to(targets[-1].span)
        wanted = f"a list of {len(targets)}"
        hint = ("`enumerate` and `zip` make pairs",) if len(targets) == 2 and not isinstance(value, tuple) else ()
        raise Failure(codes.WrongType(span=span, what="each element", wanted=wanted, given=describe(value), help=hint))
    scope.names.update((target.id, part) for target, part in zip(targets, parts, strict=True))


def _parts(value: Value, count: int) -> Value:
    """A value to be unpacked; for an unknown list, as many unknown elements as are needed."""
    if value is POISON:
        return (POISON,) * count
    if isinstance(value, Unknown) and value.type.overlaps(_LIST):
        return (element_of(value),) * count
    return value


def loop_targets(step: ast.Each | ast.Repeat) -> tuple[ast.Name, ...]:
    """The variables of a loop."""
    if isinstance(step, ast.Each):
        return step.targets
    return (step.index,) if step.index else ()


def else_if(side: ast.Body) -> ast.Choose | None:
    """The condition that is a side of another one, as in ``else if``."""
    steps = side.flow.steps if side.flow is not None and not side.statements else ()
    return steps[0] if len(steps) == 1 and isinstance(steps[0], ast.Choose) else None


def decide(value: Value, span: Span) -> bool | None:
    """The value of a condition, which must be a bool; ``None`` if it is not known."""
    if isinstance(value, Unknown) and value.type.overlaps(_BOOL):
        return None
    return truth(value, span)


def truth(value: Value, span: Span) -> bool:
    """A condition's value, which must be a bool: numbers and lists have no truth value."""
    if isinstance(value, bool):
        return value
    keep_quiet(value, "bool")
    whole = f"({span.text})" if " if " in span.text and not span.text.startswith("(") else span.text
    help_ = (f"compare it, as in `{whole} > 0`",) if isinstance(value, int | float) else ()
    raise Failure(codes.WrongType(span=span, what="the condition", wanted="a bool", given=describe(value), help=help_))


def element_of(value: Unknown) -> Value:
    """An unknown element of an unknown list."""
    item = value.type.item
    return POISON if item is None else unknown(item)


def some_of(value: Value) -> tuple[Value, ...] | None:
    """One unknown element that stands for all of an unknown list; ``None`` for other values."""
    return (element_of(value),) if isinstance(value, Unknown) and value.type.overlaps(_LIST) else None


def is_tensor_like(value: Value) -> bool:
    """Whether a value is a tensor, or a list or bundle of them."""
    return isinstance(value, Tensor | Bundle) or (
        isinstance(value, tuple) and bool(value) and all(map(is_tensor_like, value))
    )
