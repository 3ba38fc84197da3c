"""Models and checks: a call of a model becomes a graph, a `check` line a comparison with what the graph shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from archdsl.diagnostics.catalogue import contracts as codes
from archdsl.elaborate import operators
from archdsl.elaborate.arguments import bind_parameters
from archdsl.elaborate.evaluate import evaluate, evaluate_or_poison, truth
from archdsl.elaborate.flatten import flatten
from archdsl.elaborate.instantiate import argument_key, template_for_inputs
from archdsl.elaborate.modules import Module
from archdsl.elaborate.scope import Failure, Scope, Silence
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import agrees, bind_free, declared, model_inputs, show_pattern
from archdsl.elaborate.template import origin
from archdsl.elaborate.values import POISON, BlockRef, Tensor, Value, describe, show_value
from archdsl.graph.dims import Shape, Sym, show
from archdsl.graph.model import Graph, Instance
from archdsl.passes.cost import cost
from archdsl.source import Span
from archdsl.syntax import ast

_FIGURES = ("params", "trainable", "macs", "depth", "activations")


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
        session.report(codes.MissingSignature(span=span, what=_kind(ref), name=name))
        return None
    try:
        scope = Scope(ref.module)
        if asked is ref.decl.signature:
            bind_parameters(name, ref.decl.params, ref.arguments, scope, span)
        inputs = model_inputs(name, asked, scope)
        template = template_for_inputs(session, ref, span, inputs)
        about = _about(session, ref)
    except Failure as failure:
        session.report_failure(failure)
        return None
    if template is None or template.broken:
        return None
    output = template.output
    tensors = {"output": output} if isinstance(output, Tensor) else dict(output.tensors)
    root = Instance(
        path="",
        kind="model" if ref.decl.is_model else "block",
        block=name,
        call=show_value(ref),
        parent=None,
        origin=origin(ref.decl.name.span),
        doc=ref.doc,
    )
    ports = {p.name.id if p.name else "input": p.span for p in asked.inputs}
    outputs = {key: t.shape for key, t in tensors.items() if t.shape is not None}
    return flatten(template, root, inputs, outputs, session.sink, ports=ports, about=about)


def _kind(ref: BlockRef) -> str:
    return "model" if ref.decl.is_model else "block"


def _about(session: Session, ref: BlockRef) -> tuple[tuple[str, str | int | float | bool], ...]:
    """The facts of `about`: the model's own, then those of its variant, which win."""
    facts: dict[str, str | int | float | bool] = {}
    for about in dict.fromkeys((ref.decl.body.about, ref.about)):
        for entry in about.entries if about else ():
            value = evaluate(entry.value, Scope(ref.module))
            if value is POISON or entry.name is None:
                raise Silence()
            if not isinstance(value, str | int | float | bool):
                raise Failure(codes.BadFact(span=entry.value.span, name=entry.name.id, value=describe(value)))
            facts[entry.name.id] = value
    return tuple(facts.items())


# --- checks -----------------------------------------------------------------------------------------------------------


def run_check(check: ast.Check, module: Module) -> None:
    """Reports what a `check` line claims and does not hold."""
    session = module.session
    scope = Scope(module)
    try:
        subject = evaluate(check.subject, scope)
        if subject is POISON:
            return
        if not isinstance(subject, BlockRef):
            if not isinstance(subject, bool):
                wanted = "a call of a model or block, or a condition"
                raise Failure(codes.NotAModel(span=check.subject.span, value=describe(subject), wanted=wanted))
            _hold(check.subject, {}, module)
            for condition in check.conditions:
                _hold(condition, {}, module)
            return
        graph = model_graph(session, subject, check.subject.span, check.signature)
    except Failure as failure:
        session.report_failure(failure)
        return
    if graph is None:
        return
    if check.signature is not None:
        _same_ports("input", check.signature.inputs, {p.name: p.shape for p in graph.inputs}, scope, session)
        _same_ports("output", check.signature.outputs, {p.name: p.shape for p in graph.outputs}, scope, session)
    figures: dict[str, Value] = {}
    if check.conditions:
        measured = cost(graph)
        figures = {name: getattr(measured, name) for name in _FIGURES}
    for condition in check.conditions:
        try:
            _hold(condition, figures, module)
        except Failure as failure:
            session.report_failure(failure)


def _same_ports(
    side: str, ports: Sequence[ast.Port], shapes: Mapping[str, Shape], scope: Scope, session: Session
) -> None:
    named = {p.name.id if p.name else side: p for p in ports}
    if len(named) == len(shapes) == 1:
        named = dict(zip(shapes, named.values(), strict=True))
    if set(named) != set(shapes):
        span = ports[0].span.to(ports[-1].span)
        session.report(
            codes.ContractBroken(span=span, what=f"the {side}", declared=", ".join(named), actual=", ".join(shapes))
        )
        return
    for name, port in named.items():
        try:
            if side == "input":
                bind_free(port.shape, shapes[name], scope)
            pattern = declared(port.shape, scope)
        except Failure as failure:
            session.report_failure(failure)
            continue
        if not agrees(pattern, shapes[name]):
            session.report(
                codes.ContractBroken(
                    span=port.shape.span,
                    what=f"the {side}",
                    declared=show_pattern(pattern),
                    actual=show(shapes[name]),
                )
            )


def _hold(condition: ast.Expr, figures: Mapping[str, Value], module: Module) -> None:
    """Evaluates a condition of a `check` line and reports it, with the values on both sides, if it is false."""
    scope = Scope(module)
    scope.names.update(figures)
    session = module.session
    if isinstance(condition, ast.Compare) and len(condition.operators) == 1:
        left_node, right_node = condition.operands
        left, right = evaluate_or_poison(left_node, scope), evaluate_or_poison(right_node, scope)
        if left is POISON or right is POISON:
            return
        relation = condition.operators[0]
        holds = (
            _to_the_digits(left, right, right_node)
            if relation == "~="
            else operators.compare(relation, left, right, condition.span)
        )
        if not holds:
            swapped = not isinstance(left_node, ast.Name) and isinstance(right_node, ast.Name)
            if swapped:
                left_node, left, right = right_node, right, left
            session.report(
                codes.CheckFailed(
                    span=condition.span,
                    quantity=f"`{left_node.span.text}`",
                    actual=_figure(left),
                    relation=relation,
                    expected=right_node.span.text if not swapped else _figure(right),
                )
            )
    elif not truth(evaluate(condition, scope), condition.span):
        session.report(
            codes.CheckFailed(
                span=condition.span,
                quantity=f"`{condition.span.text}`",
                actual="false",
                relation="equal to",
                expected="true",
            )
        )


def _figure(value: Any) -> str:
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else show_value(value)


def _to_the_digits(value: Value, wanted: Value, node: ast.Expr) -> bool:
    """Whether a value rounds to the digits that are written: 4_089_184_256 is ``~= 4.1G``."""
    text = node.span.text.replace("_", "")
    if isinstance(value, Sym) or not isinstance(node, ast.Literal) or not isinstance(wanted, int | float):
        raise Failure(codes.NotAModel(span=node.span, value=f"`{node.span.text}`", wanted="a figure such as `4.1G`"))
    scale = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}.get(text[-1], 1)
    written = Decimal(text[:-1] if scale > 1 else text)
    exponent = written.as_tuple().exponent
    unit = Decimal(10) ** (exponent if isinstance(exponent, int) else 0) * scale
    return abs(Decimal(value) - written * scale) * 2 <= unit


def file_checks(module: Module) -> list[ast.Check]:
    return [d for d in module.ast.declarations if isinstance(d, ast.Check)]
