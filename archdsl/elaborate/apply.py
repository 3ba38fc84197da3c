"""Applies ops and blocks to tensors: checks counts and shapes, with help where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.catalogue import shapes as shape_codes
from archdsl.elaborate import advice, habits
from archdsl.elaborate.advice import Place
from archdsl.elaborate.arguments import give
from archdsl.elaborate.budget import NEW_OP, OP
from archdsl.elaborate.expect import decide
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.op_arguments import make_op
from archdsl.elaborate.operators import bounded_shape, size_too_large
from archdsl.elaborate.session import Session
from archdsl.elaborate.template import Assembly, Position, Step
from archdsl.elaborate.types import keep_quiet
from archdsl.elaborate.values import POISON, BlockRef, Bundle, Given, OpRef, Result, Slot, Tensor, describe, is_number
from archdsl.graph.dims import Shape, TooComplex, elements, show, terms
from archdsl.ops.base import Misfit, Op
from archdsl.ops.registry import OPS
from archdsl.source import Span
from archdsl.syntax import ast

SPREAD = "..."
"""What takes tensors where a list of them stands for branches."""


def one(flow: Result, span: Span, what: str) -> Tensor:
    """The single tensor that an op or a branch needs."""
    if isinstance(flow, Tensor):
        return flow
    if len(flow.tensors) == 1:
        return next(iter(flow.tensors.values()))
    given = ", ".join(f"`{n}`" for n in flow.tensors)
    help_ = (f"name the step with `as x`, and start from one: `x.{next(iter(flow.tensors))}`",)
    raise Failure(codes.PortsMismatch(span=span, what=f"`{what}`", wanted="one tensor", given=given, help=help_))


def tensors(given: Given, what: str) -> list[Tensor]:
    """The tensors of an argument: one, or those of a list."""
    value, span = given.value, given.span
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Bundle):
        return list(value.tensors.values())
    if isinstance(value, tuple):
        return [tensor for v in value for tensor in tensors(Given(v, span), what)]
    if value is POISON:
        raise Silence()
    keep_quiet(value, "tensor", "list")
    help_: tuple[str, ...] = ()
    if isinstance(value, OpRef | BlockRef) and what == SPREAD:
        help_ = ("a loop makes branches of one kind: `...for n in list { conv(n) }`",)
    elif isinstance(value, OpRef | BlockRef):
        help_ = (f"steps are joined as branches: `{what} {{ … }}`",)
    elif isinstance(value, int | float) and what in OPS and OPS[what].of_number:
        help_ = (f"with a number it is `{OPS[what].of_number.format(span.text)}`",)
    joined = f"what `{what}` {'spreads' if what == SPREAD else 'joins'}"
    raise Failure(codes.NotTensors(span=span, what=joined, wanted="tensors", given=describe(value), help=help_))


class OpCall(NamedTuple):
    """A use of an op in a flow."""

    ref: OpRef
    inputs: Sequence[Tensor]
    places: Sequence[Place]
    """Where each input comes from."""
    span: Span
    """Of the name that was called."""
    position: Position
    slot: Slot | None = None


def op(session: Session, assembly: Assembly, call: OpCall) -> Tensor:
    """Adds an op to the assembly and proves its shape."""
    ref, span = call.ref, call.span
    kind = ref.op
    inputs, places = with_arguments(ref, call.inputs, call.places)
    session.budget.charge(OP + len(inputs) // 2, span)
    made = make_op(ref, span, session.ops)
    shapes = tuple(t.shape for t in inputs if t.shape is not None)
    if len(shapes) < len(inputs):
        return assembly.hole(None)
    count(kind, len(inputs), span, places)
    shape = session.shapes.get((id(made), shapes))
    if shape is None:
        session.budget.charge(NEW_OP, span)
        for taken in shapes:
            bounded_shape(taken, span, session.limits)
            session.budget.charge(terms(taken), span)
        try:
            shape = made.shape(*shapes)
            made.weights(*shapes)  # weights of unknown size show here, not in a backend
            bounded_shape(shape, span, session.limits)
            made.macs(shapes, shape)  # and so do figures that nobody can compute
            session.budget.add_size(elements(shape), span)
        except Misfit as misfit:
            raise Failure(misfitting(misfit, ref, assembly, inputs, shapes, places, span)) from None
        except TooComplex as error:
            raise Failure(size_too_large(span, error.limit, session.limits)) from None
        session.shapes[id(made), shapes] = shape
        if doubts := tuple(made.doubts(*shapes)):
            session.doubts[id(made), shapes] = doubts
    if session.doubts:
        for doubt in session.doubts.get((id(made), shapes), ()):
            habits.doubted(session, doubt, ref, span)
    if kind.aligned:
        habits.joined_twice(session, ref, inputs, places, span)
    refs = tuple(t.ref for t in inputs)
    return assembly.add(Step(made, refs, (shape,), span, call.position, slot=call.slot))[0]


def with_arguments(
    ref: OpRef, inputs: Sequence[Tensor], places: Sequence[Place]
) -> tuple[list[Tensor], Sequence[Place]]:
    """The inputs of an op, with the tensors among its arguments after those that flow."""
    named = [argument for argument in ref.op.tensors if argument in ref.arguments]
    found, where = list(inputs), list(places)
    for argument in ref.op.tensors[: ref.op.tensors.index(named[-1]) + 1] if named else ():
        if argument in ref.arguments:
            value, span, *_ = ref.arguments[argument]
            if value is POISON:
                raise Silence()
            if not isinstance(value, Tensor):
                keep_quiet(value, "tensor")
                what = f"`{argument}` of `{ref.op.name}`"
                help_ = ("`{ constant(…) } as x` makes a tensor of numbers",) if is_number(value) else ()
                raise Failure(
                    codes.NotTensors(span=span, what=what, wanted="a tensor", given=describe(value), help=help_)
                )
            found.append(value)
            where.append(Place(span))
        elif (index := ref.op.stands_for.get(argument)) is not None and index < len(found):
            found.append(found[index])
            where.append(where[index])
    return found, where


def count(kind: type[Op], given: int, span: Span, places: Sequence[Place]) -> None:
    """Raises ``Failure`` unless an op takes so many inputs."""
    least, most = kind.arity
    if given < least and kind.joins and given == 1:
        flow = places[0].flow
        fix = None
        help_ = (f"`{kind.name} {{ … }}` joins branches, `{kind.name}(name)` the flow with a named tensor",)
        if flow is not None and isinstance(flow.steps[0], ast.Each | ast.Repeat):
            help_ = ("`...` before a loop makes each of its rounds a branch",)
            fix = Fix(flow.span._replace(end=flow.span.start), "...") if len(flow.steps) == 1 else None
        raise Failure(codes.NeedsBranches(span=span, op=kind.name, help=help_, fix=fix))
    if is_wrong_count(kind, given):
        wanted = (
            f"{least} tensors" if most == least != 1 else "one tensor" if most == 1 else f"at least {least} tensors"
        )
        raise Failure(shape_codes.WrongArity(span=span, op=kind.name, wanted=wanted, given=str(given)))


def is_wrong_count(kind: type[Op], given: int) -> bool:
    """Whether an op takes another number of inputs."""
    least, most = kind.arity
    return given < least or (most is not None and given > most)


def misfitting(
    misfit: Misfit,
    ref: OpRef,
    home: Assembly,
    inputs: Sequence[Tensor],
    shapes: Sequence[Shape],
    places: Sequence[Place],
    span: Span,
) -> Diagnostic:
    """The diagnostic of a shape rule, at the argument at fault or at the op, with the inputs that disagree."""
    values = dict(misfit.values)
    if "op" in misfit.code.__annotations__:
        values.setdefault("op", ref.op.name)
    at, labels, help_, fix = span, tuple[Label, ...](), misfit.help, None
    if misfit.argument is not None and misfit.argument in ref.arguments:
        at, labels = ref.arguments[misfit.argument].span, ref.arguments[misfit.argument].labels
    if misfit.code in (shape_codes.ShapeMismatch, shape_codes.SizeMismatch) and len(shapes) > 1:
        other = next((i for i, shape in enumerate(shapes) if _differs(shape, shapes[0], ref)), 1)
        labels = tuple(dict.fromkeys(Label(places[i].span, show(shapes[i])) for i in (0, other)))
        if misfit.code is shape_codes.ShapeMismatch and not help_:
            help_, fix = advice.on_join(ref, (shapes[0], shapes[other]), (places[0], places[other]), home)
        # The flow itself has no place but the op's own: one mark says both.
        if labels[0].span == at and "need" in misfit.code.__annotations__:
            values["need"] = f"the flow is {labels[0].text}"
            labels = labels[1:]
    elif misfit.code is shape_codes.WrongRank:
        made = home.maker(inputs[0])
        labels = (Label(made.span, f"makes {show(shapes[0])}"),) if made else ()
    elif misfit.code is shape_codes.IndivisibleChannels:
        help_ = help_ or advice.on_divisor(values["divisor"], values["size"])
    elif misfit.code is shape_codes.UnknownDimension:
        help_ = help_ or ("a size in the model's input, in place of `?`, makes it known",)
    return misfit.code(span=at, labels=labels, help=help_, fix=fix, **values)  # type: ignore[arg-type]


def _differs(shape: Shape, first: Shape, ref: OpRef) -> bool:
    if ref.op is OPS["concat"]:
        return len(shape) != len(first) or shape[:-1] != first[:-1]
    return shape != first


def residual_arguments(given: Sequence[tuple[ast.Name | None, Given]]) -> tuple[Given | None, bool]:
    """The rate of ``residual(drop=rate, when=condition)``, ``None`` where nothing is dropped; and the condition."""
    named = give("residual", ("drop",), {}, list(given), known=("when",))
    drop, when = named.get("drop"), named.get("when")
    if when is not None and when.value is POISON:
        raise Silence()
    if drop is not None and type(drop.value) in (int, float) and drop.value == 0:
        drop = None
    return drop, when is None or decide(when.value, when.span) is True
