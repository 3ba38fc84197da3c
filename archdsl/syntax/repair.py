"""Errors that the grammar permits: their probable meaning, and their diagnostics.

Reading on as if nothing were wrong keeps one mistake from causing others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

Read = TypeVar("Read")


class Mended(NamedTuple, Generic[Read]):
    """The value to continue with, and the diagnostics."""

    value: Read
    found: tuple[Diagnostic, ...] = ()


def repeated(names: Iterable[ast.Name], what: str) -> Iterator[Diagnostic]:
    """Duplicate names where each must be unique."""
    seen: dict[str, ast.Name] = {}
    for name in names:
        first = seen.setdefault(name.id, name)
        if first is not name:
            labels = (Label(first.span, "first used here"),)
            yield codes.RepeatedName(span=name.span, what=what, name=name.id, labels=labels)


def rounds(count: ast.Expr, index: ast.Name | None) -> Mended[tuple[ast.Expr, ast.Name | None]]:
    """The count and the index of a loop. ``repeat i in n`` is the syntax of `for`."""
    if index is None and isinstance(count, ast.Compare) and count.operators == ("in",):
        name, times = count.operands
        if isinstance(name, ast.Name):
            fix = Fix(count.span, f"{times.span.text} as {name.id}", is_safe=True)
            help_ = (f"the rounds are numbered by `repeat {fix.replacement} {{ … }}`",)
            between = Span(count.span.source, name.span.end, times.span.start)
            at = between.start + between.text.index("in")
            span = Span(between.source, at, at + 2)
            found = codes.UnexpectedToken(span=span, found="`in`", expected="expected `{` or `as`", help=help_, fix=fix)
            return Mended((times, name), (found,))
    return Mended((count, index))


def second_flow(flow: ast.Flow, second: ast.Flow) -> Mended[ast.Flow]:
    """One flow in place of two in a body: an arrow is missing between them, or the second is another branch."""
    start, end = second.span.to(second.steps[0].span), _last(flow.span)
    help_ = "start the line with `->` to continue the flow"
    fix: Fix | None = Fix(_before(second.span), "-> ")
    name = second.steps[0].span.text
    if any(isinstance(node, ast.Tap) and node.name.id == name for node in walk(flow)):
        help_, fix = f"what starts from a tap is a step of its own: `-> {{ {name} -> … }}`", None
        nest = ast.Nest(second.span, ast.Body(second.span, (), None, second))
        second = ast.Flow(second.span, (nest,))
    labels = (Label(end, "the flow ended here"),)
    found = codes.SecondFlow(span=start, labels=labels, help=(help_,), fix=fix)
    return Mended(joined(flow, second), (found,))


def lacks_body(step: ast.Step) -> bool:
    """Whether the body of a loop or condition could not be parsed, so that the next construct may be it."""
    flow = step.body.flow if isinstance(step, ast.Each | ast.Repeat) else None
    flow = step.then.flow if isinstance(step, ast.Choose) else flow
    return flow is not None and isinstance(flow.steps[0], ast.Broken)


def branches(given: tuple[ast.Branch, ...]) -> Mended[tuple[ast.Branch, ...]]:
    """The branches of a fan-out, with those joined between which an arrow was forgotten.

    Labels are all or none, and branches stand in one column; a line further right continues the one before.
    """
    if len(given) < 2:
        return Mended(given)
    labelled = next((branch.label for branch in given if branch.label), None)
    column = given[0].span.column
    made: list[ast.Branch] = []
    found: list[Diagnostic] = []
    for branch in given:
        if made and branch.label is None and branch.span.column > column and branch.span.begins_line:
            joined = _continued(made[-1], branch)
            if joined is not None:
                made[-1] = joined.value
                found += joined.found
                continue
        is_broken = isinstance(branch.flow, ast.Flow) and isinstance(branch.flow.steps[0], ast.Broken)
        if branch.label is None and labelled is not None and not is_broken:
            found.append(codes.MixedLabels(span=branch.span, labels=(Label(labelled.span, "has a label"),)))
        made.append(branch)
    return Mended(tuple(made), tuple(found))


def _continued(branch: ast.Branch, rest: ast.Branch) -> Mended[ast.Branch] | None:
    if not isinstance(branch.flow, ast.Flow) or not isinstance(rest.flow, ast.Flow):
        return None
    found = codes.ForgottenArrow(
        span=rest.span.to(rest.flow.steps[0].span),
        labels=(Label(_last(branch.span), "this branch ended here"),),
        help=("start the line with `->`, or move it to the column of the branches",),
        fix=Fix(_before(rest.span), "-> "),
    )
    flow = joined(branch.flow, rest.flow)
    return Mended(ast.Branch(branch.span.to(rest.span), branch.label, flow), (found,))


def joined(flow: ast.Flow, rest: ast.Flow) -> ast.Flow:
    """The concatenation of two flows."""
    return ast.Flow(flow.span.to(rest.span), (*flow.steps, *rest.steps))


def _before(span: Span) -> Span:
    return Span(span.source, span.start, span.start)


def _last(span: Span) -> Span:
    return Span(span.source, span.end - 1, span.end)
