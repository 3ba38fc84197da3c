"""Branches of a fan-out: their syntax, and diagnostics for wrong ones."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.elaborate.values import OpRef
from archdsl.source import Span
from archdsl.syntax import ast


def any_number(step: ast.Apply, ref: OpRef) -> bool:
    """Whether the number of tensors of a join depends on values."""
    is_spread = any(argument.spread for argument in step.arguments or ())
    is_open = any(not isinstance(branch.flow, ast.Flow) for branch in step.branches or ())
    return is_spread or is_open or any(isinstance(joined.value, tuple) for joined in ref.joined)


def flow_of(branch: ast.Branch) -> ast.Flow | None:
    """The flow that makes the tensors of a branch, if it is the same for each."""
    flow = branch.flow
    if isinstance(flow, ast.Several):
        step = flow.step
        if isinstance(step, ast.Choose):
            return step.then.flow if step.otherwise is None else None
        return step.body.flow
    return flow if isinstance(flow, ast.Flow) else None


def unexpected(step: ast.Apply, name: str) -> Diagnostic:
    """The error for branches of a step that takes none."""
    source, end = step.span.source, step.branches[0].span.start if step.branches else step.span.end
    brace = source.text.rfind("{", step.target.span.end, end)
    fix = Fix(Span(source, brace, brace), "-> ") if brace >= 0 else None
    help_ = ("an arrow leads into a nested flow: `-> { … }`",)
    return codes.UnexpectedBranches(span=step.target.span, name=name, help=help_, fix=fix)


def wrong_residual(step: ast.Apply) -> Diagnostic:
    """The error for a residual that has not exactly one branch, without a label."""
    branches = step.branches or ()
    given = "none" if not branches else f"{len(branches)}" if len(branches) > 1 else "a branch with a label"
    help_ = ("`residual { … }` adds what flows in to what its body makes",)
    if len(branches) > 1:
        help_ = ("for a skip that is not the identity: `add { main: …  skip: … }`",)
        if all(branch.label is None and branch.flow.span.text != "id" for branch in branches):
            joined = " -> ".join(branch.flow.span.text for branch in branches)
            help_ = (f"steps are joined by `->`: `residual {{ {joined} }}`",)
    return codes.ResidualForm(span=step.target.span, given=given, help=help_)
