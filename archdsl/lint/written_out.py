"""Sequences of steps that equal an imported block: a call of it would make the same ops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias

from pydantic.fields import FieldInfo

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue.lints import WrittenOut
from archdsl.names import Definition, Names
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

Bound: TypeAlias = dict[str, str]
"""What the parameters of a block would be given, as it would be written."""
_DIMENSIONS: Final = frozenset({"dimension", "parameter"})


class Chain:
    """A block whose body is a chain of ops."""

    def __init__(self, block: ast.Block, names: Names, alias: str) -> None:
        self.block = block
        self.names = names
        self.alias = alias
        """What the file that is looked at calls it."""
        self.params = {param.name.id: param for param in block.params}

    @cached_property
    def steps(self) -> Sequence[ast.Apply]:
        """The steps, or none if the body is not a chain."""
        body = self.block.body
        steps = body.flow.steps if body.flow is not None and not body.statements else ()
        ops = [step.step if isinstance(step, ast.Tap) else step for step in steps]
        plain = [step for step in ops if isinstance(step, ast.Apply) and step.branches is None]
        return plain if len(plain) == len(steps) > 1 else ()

    def call(self, steps: Sequence[ast.Apply], names: Names) -> str | None:
        """The call of the block that makes the ops of these steps, if there is one."""
        bound: Bound = {}
        for own, step in zip(self.steps, steps, strict=True):
            if not self._is_made_by(own, step, names, bound):
                return None
        if any(name not in bound for name, param in self.params.items() if param.default is None):
            return None
        given = [
            value if param.default is None else f"{name}={value}"
            for name, param in self.params.items()
            if (value := bound.get(name)) is not None and value not in self._usual(param)
        ]
        return f"{self.alias}({', '.join(given)})"

    def _is_made_by(self, own: ast.Apply, step: ast.Apply, names: Names, bound: Bound) -> bool:
        """Whether a step of the block makes the same op as another step; binds the block's parameters for that."""
        op, meant = _op(step, names), _meant(own, self.names)
        if op is None or meant is None:
            return False
        if meant.kind == "parameter":
            param = self.params[meant.name]
            usual = _usual_op(param)
            is_alike = usual is not None and usual.family == op.family and not own.arguments
            return is_alike and _binds(bound, meant.name, step.span.text)
        if meant.kind != "op" or OPS[meant.name] is not op:
            return False
        mine, theirs = _arguments(own, op), _arguments(step, op)
        return mine is not None and theirs is not None and all(
            self._gives(mine.get(name), theirs.get(name), op.model_fields.get(name), names, bound)
            for name in {**mine, **theirs}
        )  # fmt: skip

    def _gives(
        self, mine: ast.Expr | None, theirs: ast.Expr | None, field: FieldInfo | None, names: Names, bound: Bound
    ) -> bool:
        """Whether an argument of the block's step has the value of the other step's."""
        if field is None:
            return False
        param = self.params.get(mine.id) if isinstance(mine, ast.Name) else None
        if param is not None:
            if theirs is not None:
                return _fits(theirs, param, names) and _binds(bound, param.name.id, theirs.span.text)
            return not field.is_required() and _binds(bound, param.name.id, _written(field.default))
        values = [_value(each, field) for each in (mine, theirs)]
        return None not in values and values[0] == values[1]

    def _usual(self, param: ast.Param) -> tuple[str, ...]:
        """The texts of a parameter's default: also an op alone, if its arguments are the op's own defaults."""
        default = param.default
        if default is None:
            return ()
        short = (_written(default.value),) if isinstance(default, ast.Literal) else ()
        op = _usual_op(param)
        if op is not None and isinstance(default, ast.Call):
            fields = op.model_fields
            given = {arg.name.id: self._constant(arg.value) for arg in default.arguments if arg.name is not None}
            plain = len(given) == len(default.arguments)
            if plain and all(
                _value(value, fields[name]) == repr(fields[name].default) for name, value in given.items()
            ):
                short = (default.callee.span.text,)
        return default.span.text, *short

    def _constant(self, value: ast.Expr) -> ast.Expr:
        """Substitutes the defaults of parameters for their names."""
        param = self.params.get(value.id) if isinstance(value, ast.Name) else None
        return value if param is None or param.default is None else param.default


def written_out(block: ast.Block, names: Names, chains: Iterable[Chain]) -> Iterator[Diagnostic]:
    """The warnings about one block; of several matches at a place, the longest."""
    chains = sorted(chains, key=lambda chain: -len(chain.steps))
    for flow in walk(block.body):
        if not isinstance(flow, ast.Flow):
            continue
        at = 0
        while at < len(flow.steps):
            found = next(filter(None, (_found(chain, flow.steps[at:], names) for chain in chains)), None)
            if found is not None:
                yield found[1]
            at += found[0] if found else 1


def _found(chain: Chain, steps: Sequence[ast.Step], names: Names) -> tuple[int, Diagnostic] | None:
    length = len(chain.steps)
    if not length or length > len(steps):
        return None
    *before, last = steps[:length]
    while isinstance(last, ast.Tap | ast.Claim):  # which are of the call as well
        last = last.step
    taken = [step for step in (*before, last) if isinstance(step, ast.Apply)]
    call = chain.call(taken, names) if len(taken) == length else None
    if call is None:
        return None
    span = taken[0].span.to(taken[-1].span)
    labels = (Label(chain.block.name.span, "the same steps"),)
    help_ = (f"write `{call}`",)
    return length, WrittenOut(span=span, name=chain.alias, labels=labels, help=help_, fix=Fix(span, call))


def _meant(step: ast.Apply, names: Names) -> Definition | None:
    return names.meant(step.target) if isinstance(step.target, ast.Name) else None


def _op(step: ast.Apply, names: Names) -> type[Op] | None:
    found = _meant(step, names) if step.branches is None else None
    return OPS[found.name] if found is not None and found.kind == "op" else None


def _arguments(step: ast.Apply, op: type[Op]) -> Mapping[str, ast.Expr] | None:
    """The arguments of a step by name; ``None`` if they cannot be determined."""
    given, place = dict[str, ast.Expr](), iter(op.positional)
    for argument in step.arguments or ():
        name = argument.name.id if argument.name else next(place, None)
        if name is None or argument.spread or name in given:
            return None
        given[name] = argument.value
    return given


def _usual_op(param: ast.Param) -> type[Op] | None:
    """The op that is the default of a parameter."""
    default = param.default.callee if isinstance(param.default, ast.Call) else param.default
    return OPS.get(default.id) if isinstance(default, ast.Name) else None


def _binds(bound: Bound, name: str, value: str) -> bool:
    return bound.setdefault(name, value) == value


def _fits(value: ast.Expr, param: ast.Param, names: Names) -> bool:
    """Whether a value is certainly of a parameter's type, where the op may accept others as well."""
    kinds = {kind.name for kind in param.type.alternatives}
    match value:
        case ast.Literal():
            return type(value.value).__name__ in kinds
        case ast.ListOf():
            return "list" in kinds and all(isinstance(item, ast.Literal) for item in value.items)
        case ast.Name():
            found = names.meant(value)
            if found is None or found.kind not in _DIMENSIONS:
                return False
            types = found.node.type.alternatives if isinstance(found.node, ast.Param) else ()
            return ({kind.name for kind in types} or {"int"}) <= kinds
    return param.default is None  # a number that the op needs: what it takes, the block takes


def _value(node: ast.Expr | None, field: FieldInfo) -> object:
    """The ``repr`` of an argument's value; ``None`` if it depends on names."""
    if node is None:
        return None if field.is_required() else repr(field.default)
    return repr(node.value) if isinstance(node, ast.Literal) else None


def _written(value: object) -> str:
    """A default of an op as source text."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
