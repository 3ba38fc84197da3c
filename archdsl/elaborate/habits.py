"""Warnings about constructs that are legal but almost never intended, found during elaboration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archdsl.diagnostics import Diagnostic, Fix, Frame
from archdsl.diagnostics.catalogue import habits as codes
from archdsl.elaborate.advice import Place
from archdsl.elaborate.session import Session
from archdsl.elaborate.values import OpRef, Tensor
from archdsl.graph.dims import Shape, show
from archdsl.graph.model import Graph, Node, Origin
from archdsl.lint import graph as lints
from archdsl.ops.base import Misfit
from archdsl.ops.reach import Layout, Part
from archdsl.passes import axes
from archdsl.source import Span
from archdsl.syntax import ast


def meant(kind: type[Diagnostic]) -> str:
    """The help that says how to allow a warning."""
    return f"if it is meant: `# allow: {kind.code}` at the end of the line"


def doubted(session: Session, doubt: Misfit, ref: OpRef, span: Span) -> None:
    """Reports an op's own warning about its arguments and inputs, at the argument if it was given."""
    given = ref.arguments.get(doubt.argument or "")
    values = {"op": ref.op.name, **doubt.values}
    help_ = (*doubt.help, meant(doubt.code))
    session.reporter.report(doubt.code(span=given.span if given else span, help=help_, **values))  # type: ignore[arg-type]


def joined_twice(session: Session, ref: OpRef, inputs: Sequence[Tensor], places: Sequence[Place], span: Span) -> None:
    """Reports a join that has a tensor twice, unless a branch says `id` explicitly, or it makes a square."""
    first: dict[int, Place] = {}
    for tensor, place in zip(inputs, places, strict=True):
        known = first.setdefault(tensor.ref, place)
        if known is not place and tensor.ref >= 0 and not _is_meant(known, place, ref):
            if not session.reporter.sink.has_errors:  # a name that stands for the wrong tensor was reported
                session.reporter.report(_joined_twice(ref, known, place, span))
            return


def _is_meant(one: Place, other: Place, ref: OpRef) -> bool:
    if _untaken(one.flow) or _untaken(other.flow):
        return True  # that was reported
    if one.flow is None or other.flow is None or one.flow.span.text != other.flow.span.text:
        return False
    return one.is_identity or ref.op.squares


def _joined_twice(ref: OpRef, known: Place, place: Place, span: Span) -> Diagnostic:
    help_ = "branches can say so: `{ id, id }`"
    if place.span == span:
        what = "the body is what flows in"
    elif place.span == known.span:
        what = "the list has it twice"
    elif known.span == span:
        what = "this is what flows in"
        help_ = f"what flows in is joined without being named: leave `{place.span.text}` out"
    elif known.span.line == place.span.line and len(known.span.text) < _SHORT:
        what = f"this is `{known.span.text}` again"
    else:
        what = f"this is what line {known.span.line} has"
    kind = codes.JoinedWithItself
    return kind(span=place.span, op=ref.op.name, what=what, help=(help_, meant(kind)))


_SHORT = 40
"""Characters of another branch that a message quotes."""


def identity_branch(session: Session, branch: ast.Branch, op: str) -> None:
    """Reports a branch that is the identity because none of its `if`s without `else` was taken.

    Called for branches that changed nothing.
    """
    flow = branch.flow
    steps = _untaken(flow) if isinstance(flow, ast.Flow) else ()
    if steps:
        kind = codes.IdentityBranch
        condition = " or ".join(step.condition.span.text for step in steps)
        start, fix = steps[0].span, None
        apart: tuple[str, ...] = ()
        if len(steps) == 1 and op != "residual":
            apart = (f"to leave the branch out: `...if {steps[0].condition.span.text} {{ … }}`",)
            fix = Fix(start._replace(end=start.start), "...")
        help_ = (*apart, "if the input is meant, `else { id }` says so")
        session.reporter.report(kind(span=steps[0].condition.span, op=op, condition=condition, help=help_, fix=fix))


def _untaken(flow: ast.Flow | None) -> tuple[ast.Choose, ...]:
    """The steps of a flow that is only `if`s without `else`, else none. If they change nothing, none was taken."""
    steps = flow.steps if flow is not None else ()
    choices = tuple(step for step in steps if isinstance(step, ast.Choose) and step.otherwise is None)
    return choices if len(choices) == len(steps) else ()


def in_graph(session: Session, graph: Graph, signature: ast.Signature, *, is_model: bool) -> None:
    """Reports mistakes that show only when axes are followed from the model's inputs."""
    starts = _starts(graph, signature, is_model)
    places: dict[Origin, list[axes.Slip]] = {}
    for slip in axes.slips(graph, starts):
        places.setdefault(slip.node.origin, []).append(slip)
    for origin, (slip, *more) in places.items():
        span, op = session.files.place(origin), slip.node.op.name
        trace = _trace(session, graph, slip.node)
        if isinstance(slip, axes.Crossing):
            one, other = (_called(part, starts, graph, signature) for part in (slip.one, slip.other))
            help_ = ("`permute` brings them into one order", meant(codes.CrossedAxes))
            axis = str(slip.axis)
            session.reporter.report(
                codes.CrossedAxes(
                    span=span, op=op, axis=axis, one=one, other=other, trace=trace, help=help_, more=len(more)
                )
            )
        elif span not in session.claimed:
            help_ = (
                "put `flatten_spatial` before it: all places become tokens that see each other",
                meant(codes.AttentionOnMap),
            )
            shape = show(slip.shape)
            session.reporter.report(
                codes.AttentionOnMap(span=span, op=op, shape=shape, trace=trace, help=help_, more=len(more))
            )


def linted(session: Session, graph: Graph) -> None:
    """Reports the lints of a graph."""
    for node, warning in lints.in_graph(graph, session.files.place):
        session.reporter.report(replace(warning, trace=_trace(session, graph, node)))


def _starts(graph: Graph, signature: ast.Signature, is_model: bool) -> dict[str, Layout]:
    """The layouts of the inputs. Those of a model are spatial, channels last; of a block only named axes are known.

    A name that stands for one axis of an input stands for the same in another.
    """
    numbers: dict[str, Part] = {}
    found: dict[str, Layout] = {}
    for port, given in zip(graph.inputs, signature.inputs, strict=True):
        layout = axes.image_layout(port.shape) if is_model else (frozenset[Part](),) * len(port.shape)
        named = list(layout)
        for axis, name in _names(given.shape, port.shape).items():
            fresh = next(iter(layout[axis]), Part(axes.CHANNELS - 1 - len(numbers)))
            named[axis] = frozenset([numbers.setdefault(name, fresh)])
        found[port.name] = tuple(named)
    return found


def _names(written: ast.ShapeOf, shape: Shape) -> dict[int, str]:
    """The names that stand for one axis, by its number."""
    names = [dim.id if isinstance(dim, ast.Name) else "_" for dim in written.dims]
    if len(names) != len(shape):  # `...` stands for some
        return {}
    return {axis: name for axis, name in enumerate(names) if name != "_" and names.count(name) == 1}


def _called(part: Part, starts: Mapping[str, Layout], graph: Graph, signature: ast.Signature) -> str:
    """The word for an input's axis: its name, or else its position."""
    for port, given in zip(graph.inputs, signature.inputs, strict=True):
        names = _names(given.shape, port.shape)
        for axis, parts in enumerate(starts[port.name]):
            if part in parts:
                plain = "the channels" if part.axis == axes.CHANNELS else f"axis {axis} of the input"
                return f"`{names[axis]}`" if axis in names else plain
    return "a part of an axis"


def _trace(session: Session, graph: Graph, node: Node) -> tuple[Frame, ...]:
    """The chain of instances that a node belongs to, innermost first."""
    frames: list[Frame] = []
    index: int | None = node.instance
    while index is not None:
        instance = graph.instances[index]
        if instance.call:
            frames.append(Frame(str(instance.call), session.files.place(instance.origin)))
        index = instance.parent
    return tuple(frames)
