"""`check` lines: a comparison of what the file claims with what the graph shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import contracts as codes
from archdsl.diagnostics.catalogue.values import WrongType
from archdsl.elaborate import operators
from archdsl.elaborate.expect import truth
from archdsl.elaborate.expressions import evaluate, evaluate_or_poison
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.models import model_graph
from archdsl.elaborate.module import Module
from archdsl.elaborate.ports import entered
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import agrees, bind_free, broken, declared
from archdsl.elaborate.values import POISON, BlockRef, Value, describe, show_value
from archdsl.graph.dims import Shape, Sym
from archdsl.measures import BY_NAME, Measure, Subject
from archdsl.names.language import FIGURES
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_RELATIONS: Final = {
    "==": "{}", "!=": "anything but {}", "<": "below {}", "<=": "at most {}", ">": "above {}", ">=": "at least {}",
    "~=": "about {}", "in": "in {}", "not in": "outside {}",
}  # fmt: skip
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def file_checks(module: Module) -> list[ast.Check]:
    return [d for d in module.ast.declarations if isinstance(d, ast.Check)]


def run_check(check: ast.Check, session: Session, module: Module) -> None:
    """Reports the claims of a `check` line that do not hold."""
    scope = Scope(session, module)
    figures: dict[str, Value] = {}
    conditions = check.conditions
    try:
        subject = evaluate(check.subject, scope)
        if isinstance(subject, bool):
            conditions = (check.subject, *conditions)
        elif not isinstance(subject, BlockRef):
            wanted = "a call of a model or block, or a condition"
            raise Failure(codes.NotAModel(span=check.subject.span, value=describe(subject), wanted=wanted))
        else:
            graph = model_graph(session, subject, check.subject.span, check.signature)
            if graph is None:
                return
            if check.signature is not None:
                inputs, outputs = ({p.name: p.shape for p in ports} for ports in (graph.inputs, graph.outputs))
                _same_ports("input", check.signature.inputs, inputs, scope, session)
                _same_ports("output", check.signature.outputs, outputs, scope, session)
            if conditions:
                model = session.measured.setdefault(id(graph), Subject(graph))
                named = {n.id for c in conditions for n in walk(c) if isinstance(n, ast.Name)}
                figures = {name: _value(BY_NAME[name], model) for name in FIGURES if name in named}
    except Failure as failure:
        session.reporter.report(*failure.diagnostics)
        return
    scope = Scope(session, module)
    scope.names.update(figures)
    for condition in conditions:
        try:
            _hold(condition, scope)
        except Failure as failure:
            session.reporter.report(*failure.diagnostics)


def _value(measure: Measure, model: Subject) -> Value:
    """The measure as a value of the language.

    Sizes along the axes are one number where they agree, else a list, and 0 for a model that looks through no window.
    What depends on an open size is not known here: it equals nothing but itself.
    """
    value = measure.of(model)
    if measure.unit == "pixels":
        sizes = value if isinstance(value, tuple) else (0,)
        return sizes[0] if len(set(sizes)) == 1 else sizes
    return Sym.named(measure.name) if value is None else value


def _same_ports(
    side: str, ports: Sequence[ast.Port], shapes: Mapping[str, Shape], scope: Scope, session: Session
) -> None:
    named = {p.key or side: p for p in entered(ports, shapes)}
    if len(named) == len(shapes) == 1:
        named = dict(zip(shapes, named.values(), strict=True))
    if set(named) != set(shapes):
        span = ports[0].span.to(ports[-1].span)
        session.reporter.report(
            codes.ContractBroken(span=span, what=f"the {side}", declared=", ".join(named), actual=", ".join(shapes))
        )
        return
    for name, port in named.items():
        try:
            if side == "input":
                bind_free(port.shape, shapes[name], scope)
            pattern = declared(port.shape, scope)
        except Failure as failure:
            session.reporter.report(*failure.diagnostics)
            continue
        if not agrees(pattern, shapes[name]):
            what = f"the {side}" if len(named) == 1 else f"{side} `{name}`"
            session.reporter.report(broken(port.shape, pattern, shapes[name], what, None))


def _hold(condition: ast.Expr, scope: Scope) -> None:
    """Evaluates a condition and, if it is false, reports it with the values on both sides."""
    if not isinstance(condition, ast.Compare) or len(condition.operators) > 1:
        if not truth(evaluate(condition, scope), condition.span):
            scope.session.reporter.report(_false(condition, scope))
        return
    relation = condition.operators[0]
    left_node, right_node = condition.operands
    left, right = evaluate_or_poison(left_node, scope), evaluate_or_poison(right_node, scope)
    if left is POISON or right is POISON:
        return
    if relation == "~=":
        holds = _to_the_digits(left, right, right_node)
    else:
        holds = operators.compare(relation, left, right, condition.span)
    if holds:
        return
    if isinstance(right_node, ast.Name) and isinstance(left_node, ast.Literal):  # 300 == params
        left_node, left, right_node = right_node, right, left_node
        relation = _MIRRORED.get(relation, relation)
    expected = _RELATIONS[relation].format(right_node.span.text)
    scope.session.reporter.report(
        codes.CheckFailed(
            span=condition.span,
            quantity=f"`{left_node.span.text}`",
            actual=_figure(left),
            expected=expected,
            help=_in_units(left, right, right_node),
        )
    )


def _in_units(value: Value, wanted: Value, node: ast.Expr) -> tuple[str, ...]:
    """The help for a figure that lacks the letter of its unit: ``25.6`` for ``25.6M``."""
    if not isinstance(value, int) or not isinstance(wanted, int | float) or wanted <= 0:
        return ()
    units = (letter for letter, scale in (("k", 1e3), ("M", 1e6), ("G", 1e9)) if 0.9 < value / (wanted * scale) < 1.1)
    return tuple(f"did you mean `{node.span.text}{unit}`?" for unit in units)


def _false(condition: ast.Expr, scope: Scope) -> Diagnostic:
    names = dict.fromkeys(n.id for n in walk(condition) if isinstance(n, ast.Name) and n.id in scope.names)
    help_ = tuple(f"`{name}` is {_figure(scope.names[name])}" for name in names)
    return codes.CheckFailed(
        span=condition.span, quantity=f"`{condition.span.text}`", actual="false", expected="true", help=help_
    )


def _figure(value: Value) -> str:
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else show_value(value)


def _to_the_digits(value: Value, wanted: Value, node: ast.Expr) -> bool:
    """Whether a value rounds to the digits written: 4_089_184_256 is ``~= 4.1G``."""
    text = node.span.text.strip("() \t\n").replace("_", "")
    if not isinstance(node, ast.Literal) or isinstance(wanted, bool) or not isinstance(wanted, int | float):
        what, figure = "what `~=` compares with", "a figure as written, such as `4.1G`"
        raise Failure(WrongType(span=node.span, what=what, wanted=figure, given=f"`{node.span.text}`"))
    if isinstance(value, bool | Sym) or not isinstance(value, int | float):
        raise Failure(WrongType(span=node.span, what="what `~=` compares", wanted="a number", given=describe(value)))
    scale = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}.get(text[-1], 1)
    try:
        written = Decimal(text[:-1] if scale > 1 else text)
        exponent = written.as_tuple().exponent
        unit = Decimal(10) ** (exponent if isinstance(exponent, int) else 0) * scale
        return abs(Decimal(value) - written * scale) * 2 <= unit
    except ArithmeticError:  # an exponent beyond what even decimals have
        raise Failure(operators.float_too_large(node.span)) from None
