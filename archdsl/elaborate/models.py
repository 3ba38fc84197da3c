"""Makes the graph of a call of a model, or of a block with given inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from archdsl.diagnostics.catalogue import contracts as codes
from archdsl.diagnostics.catalogue import shapes as shape_codes
from archdsl.elaborate import habits
from archdsl.elaborate.conditions import bind_block
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.flatten import flatten
from archdsl.elaborate.instantiate import argument_key, template_for_inputs
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import model_inputs
from archdsl.elaborate.template import Template, origin
from archdsl.elaborate.values import BlockRef, Tensor, call_of, describe, without
from archdsl.graph.model import Graph, Instance
from archdsl.source import Span
from archdsl.syntax import ast

T = TypeVar("T")


def model_graph(session: Session, ref: BlockRef, span: Span, signature: ast.Signature | None = None) -> Graph | None:
    """The graph of a model, or of a block whose input shapes a `check` line gives; ``None`` after errors.

    Made once for equal calls: a file's checks ask for the models that were checked already.
    """
    given = signature.span if signature is not None and not ref.decl.is_model else None
    key = (argument_key(ref), given)
    if key not in session.graphs:
        session.graphs[key] = _model_graph(session, ref, span, signature)
    return session.graphs[key]


def _model_graph(session: Session, ref: BlockRef, span: Span, signature: ast.Signature | None) -> Graph | None:
    name = ref.name or ref.decl.name.id
    asked = signature if signature is not None and not ref.decl.is_model else ref.decl.signature
    if asked is None:
        help_ = (f"give one: `check {name}(…) :: [56, 56, 64] -> [56, 56, 64]`",)
        session.reporter.report(codes.MissingSignature(span=span, what=_kind(ref), name=name, help=help_))
        return None
    try:
        scope = Scope(session, ref.module)
        if asked is ref.decl.signature:
            bind_block(name, ref.decl, ref.arguments, scope, span)
        inputs = model_inputs(asked, scope)
        template = template_for_inputs(session, ref, span, inputs)
        about = _about(session, ref)
    except Failure as failure:
        session.reporter.report(*failure.diagnostics)
        return None
    if template is None or template.broken:
        return None
    output = template.output
    tensors = {"output": output} if isinstance(output, Tensor) else dict(output.tensors)
    root = Instance(
        path="",
        kind="model" if ref.decl.is_model else "block",
        block=name,
        call=call_of(without(ref, template.spared)),
        parent=None,
        origin=origin(ref.decl.name.span),
        doc=ref.doc,
    )
    ports = {p.key or "input": p.span for p in asked.inputs}
    if asked is not ref.decl.signature:
        inputs, ports = _apart(inputs, template), _apart(ports, template)
    session.budget.charge_graph(template.size, template.letters, span)
    outputs = {key: t.shape for key, t in tensors.items() if t.shape is not None}
    graph = flatten(template, root, inputs, outputs, session.reporter.report, ports=ports, about=about)
    if graph is not None:
        own = ref.decl.signature
        signed = asked if own is None or any(port.is_open for port in own.inputs) else own
        habits.in_graph(session, graph, signed, is_model=ref.decl.is_model)
        habits.linted(session, graph)
    return graph if graph is None or _has_sizes(session, graph, asked) else None


def _has_sizes(session: Session, graph: Graph, asked: ast.Signature) -> bool:
    """Whether there are open sizes for which all dimensions are positive integers; reports it if not."""
    if not graph.is_open:
        return True
    from archdsl.passes.sizes import NoSize, least_sizes

    span = asked.inputs[0].span.to(asked.inputs[-1].span)
    session.budget.charge(len(graph.nodes), span)
    try:
        least_sizes(graph)
    except NoSize as error:
        session.reporter.report(shape_codes.NoSizeFits(span=span, dimension=str(error.dimension)))
        return False
    return True


def _apart(inputs: Mapping[str, T], template: Template) -> dict[str, T]:
    """The inputs under their names in a `check` line, with an underscore where a step of the block has the name."""
    taken = {step.path for step in template.steps}
    apart: dict[str, T] = {}
    for written, value in inputs.items():
        name = written
        while name in taken or (name != written and name in inputs):
            name += "_"
        apart[name] = value
        taken.add(name)
    return apart


def _kind(ref: BlockRef) -> str:
    return "model" if ref.decl.is_model else "block"


def _about(session: Session, ref: BlockRef) -> tuple[tuple[str, str | int | float | bool], ...]:
    """The facts of `about`: the model's own, overridden by those of its variant."""
    facts: dict[str, str | int | float | bool] = {}
    for about in dict.fromkeys((ref.decl.body.about, ref.about)):
        for entry in about.entries if about else ():
            value = evaluate(entry.value, Scope(session, ref.module))
            assert entry.name is not None
            if not isinstance(value, str | int | float | bool):
                raise Failure(codes.BadFact(span=entry.value.span, name=entry.name.id, value=describe(value)))
            facts[entry.name.id] = value
    return tuple(facts.items())
