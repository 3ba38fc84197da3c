"""Help for shapes that do not fit: the usual cause, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log2
from typing import NamedTuple, TypeAlias

from archdsl.diagnostics import Fix
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.values import BlockRef, OpRef
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

Advice: TypeAlias = tuple[tuple[str, ...], Fix | None]


class Place(NamedTuple):
    """Where one of the tensors that an op takes comes from: a label or a name, and the branch that makes it."""

    span: Span
    flow: ast.Flow | None = None
    scope: Scope | None = None
    is_open: bool = False
    """Whether the number of tensors from there is not known; this represents them."""

    @property
    def is_identity(self) -> bool:
        """Whether it is the flow's own tensor, or a branch that is only `id`."""
        return self.flow is None or (len(self.flow.steps) == 1 and self.flow.span.text == "id")


def on_join(ref: OpRef, shapes: tuple[Shape, Shape], places: tuple[Place, Place], home: Assembly) -> Advice:
    """What makes two tensors that an op joins alike."""
    first, second = shapes
    if len(first) != len(second):
        drops = (op for place in places for _, op in _ops(place) if _default(op, "keepdims") is False)
        return tuple(f"`{op.name}(keepdims=true)` keeps the dimensions, with size 1" for op in drops)[:1], None
    if "broadcast" in ref.op.model_fields and all(a == b or 1 in (a, b) for a, b in zip(first, second, strict=True)):
        return (f"`{ref.op.name}(broadcast=true)` stretches dimensions of size 1",), None
    if first[:-1] != second[:-1]:
        if pooled := _pooled(places[0]) or _pooled(places[1]):
            return (pooled,), None
        larger = 0 if _factor(first, second) else 1
        factor = _factor(first, second) or _factor(second, first)
        if not factor:
            return (_rounded(first, second, home) or "give both the same strides and padding",), None
        return _same_stride(factor, places[1 - larger], places[larger], shapes[1 - larger][-1])
    if ref.op is OPS["concat"]:
        return (), None
    plain = next((i for i, place in enumerate(places) if place.is_identity), 1)
    return (f"project it to the channels of the other: `conv({shapes[1 - plain][-1]}, k=1)`",), None


def _rounded(first: Shape, second: Shape, home: Assembly) -> str:
    """The help for maps that differ by one, since a size was rounded where a stride did not divide it."""
    pairs = list(zip(first[:-1], second[:-1], strict=True))
    if not home.inputs or not all(isinstance(a, int) and isinstance(b, int) and abs(a - b) <= 1 for a, b in pairs):
        return ""
    maps = [shape for step in home.steps for shape in step.shapes if len(shape) == len(first)]
    size, least = home.inputs[0][0], min((shape[0] for shape in maps if isinstance(shape[0], int)), default=1)
    stride = 2 ** round(log2(size / least)) if isinstance(size, int) else 1
    if not isinstance(size, int) or size % stride == 0:
        return "one was rounded on its way: a size that the strides divide comes back as it was; or `crop`"
    below = size // stride * stride
    return f"{size} is no multiple of {stride} and was rounded on the way: {below} or {below + stride} is; or `crop`"


def _factor(large: Shape, small: Shape) -> int:
    """The integer by which all spatial dimensions of one map are larger than those of another; 0 if there is none."""
    pairs = list(zip(large[:-1], small[:-1], strict=True))
    factors = {a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else 0 for a, b in pairs}
    factor = factors.pop() if len(factors) == 1 else 0
    return factor if factor > 1 else 0


def _same_stride(factor: int, small: Place, large: Place, channels: object) -> Advice:
    stride = _stride_of(small, factor)
    if stride is None:
        return (f"one is {factor} times as large: give both the same strides, or `upsample({factor})` the other",), None
    call = _without_stride(large)
    if call is not None:
        end = (call.arguments or ())[-1].span.end  # before a comma that closes the list
        added = f", stride={stride}"
        written = call.span.source.text[call.span.start : end] + added + ")"
        return (f"pass the stride on: `{written}`",), Fix(Span(call.span.source, end, end), added)
    if large.is_identity and large.flow is not None:
        return (f"project it with the same stride: `conv({channels}, k=1, stride={stride})`",), None
    return ("give both the same strides",), None


def _stride_of(place: Place, factor: int) -> str | None:
    """How a branch writes the stride that makes its map so many times smaller."""
    if place.flow is None or place.scope is None:
        return None
    for node in walk(place.flow):
        if isinstance(node, ast.Argument) and node.name is not None and node.name.id == "stride":
            try:
                if evaluate(node.value, place.scope) == factor:
                    return node.value.span.text
            except Failure:  # a name of a scope further inside
                continue
    return None


def _without_stride(place: Place) -> ast.Apply | None:
    """The last call of a branch that could have a stride and has none."""
    if place.flow is None or place.scope is None:
        return None
    calls = [n for n in walk(place.flow) if isinstance(n, ast.Apply) and n.arguments and n.branches is None]
    for call in sorted(calls, key=lambda call: -call.span.start):
        target = place.scope.find(call.target.id) if isinstance(call.target, ast.Name) else None
        names: Sequence[str] = ()
        if isinstance(target, OpRef):
            names = tuple(target.op.model_fields)
        elif isinstance(target, BlockRef):
            names = [p.name.id for p in target.decl.params]
        given = {argument.name.id for argument in call.arguments or () if argument.name}
        if "stride" in names and "stride" not in given and "\n" not in call.span.text:
            return call
    return None


def _ops(place: Place) -> Iterator[tuple[ast.Apply, type[Op]]]:
    """The ops that a branch applies, with their calls."""
    flow, scope = place.flow, place.scope
    for node in walk(flow) if flow is not None and scope is not None else ():
        if isinstance(node, ast.Apply) and isinstance(node.target, ast.Name) and scope is not None:
            found = scope.find(node.target.id)
            if isinstance(found, OpRef):
                yield node, found.op


def _pooled(place: Place) -> str:
    """The help for a pooling branch whose stride defaults to an odd window size."""
    for step, op in _ops(place):
        is_odd = len(given := step.arguments or ()) == 1 and given[0].span.text in ("3", "5", "7")
        if is_odd and _default(op, "stride") is None and "k" in op.model_fields:
            mended = f"{op.name}({given[0].span.text}, stride=1)"
            return f"the stride of `{op.name}` is its `k` unless it is given: `{mended}`"
    return ""


def _default(op: type[Op], argument: str) -> object:
    """The default of an argument; the class itself, which equals no default, if there is no such argument."""
    return op.model_fields[argument].default if argument in op.model_fields else op


def on_divisor(divisor: object, size: object) -> tuple[str, ...]:
    """The numbers next to a divisor that do divide."""
    if not isinstance(divisor, int) or not str(size).isdigit():
        return ()
    whole = int(str(size))
    below = max((n for n in range(1, min(divisor, whole) + 1) if whole % n == 0), default=1)
    above = next((n for n in range(divisor, whole + 1) if whole % n == 0), whole)
    near = " and ".join(f"`{n}`" for n in dict.fromkeys((below, above)))
    return (f"{near} would divide {whole}",) if divisor < whole else (f"{near} is the most",)
