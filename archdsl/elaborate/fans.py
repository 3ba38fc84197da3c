"""Elaborates steps with several bodies: iterations of loops, branches of joins and of ``ports``, and residuals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.elaborate import apply, branches, habits
from archdsl.elaborate.advice import Place
from archdsl.elaborate.budget import BRANCH, ROUND
from archdsl.elaborate.expect import bind_targets, else_if, iterate, loop_targets, truth
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.parts import Part, Parts
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.template import Assembly, Position
from archdsl.elaborate.types import keep_quiet
from archdsl.elaborate.values import ANY_NUMBER, POISON, Bundle, Given, OpRef, Result, Tensor, Value, describe
from archdsl.names import Names
from archdsl.ops.registry import OPS
from archdsl.syntax import ast


class Made(NamedTuple):
    """The outputs of a branch: one tensor, or those of all branches that it stands for."""

    tensors: list[Tensor]
    is_open: bool = False
    """Whether their number is not known; those given represent them."""


class Fans(Parts, ABC):
    """Elaborates steps with several bodies. Subclasses elaborate the bodies and add the ops."""

    def __init__(self, session: Session, assembly: Assembly, names: Names) -> None:
        super().__init__(session, names)
        self.assembly = assembly

    @abstractmethod
    def body(self, body: ast.Body, scope: Scope, current: Result) -> Result:
        """Elaborates a body on the tensors that flow into it."""

    @abstractmethod
    def flow(self, flow: ast.Flow, scope: Scope, current: Result) -> Result:
        """Elaborates a flow on the tensors that flow into it."""

    @abstractmethod
    def add_op(self, call: apply.OpCall) -> Tensor:
        """Adds an op and returns its output."""

    def reach(self, step: ast.Step) -> None:
        """Counts a step that is elaborated."""
        self.session.budget.tick(step.span)
        if self.session.reporter.allowances:
            self.session.reporter.allowances.reach(step.span)

    # --- loops ---

    def _elements(self, step: ast.Each | ast.Repeat, scope: Scope) -> Sequence[Value]:
        """The values of a loop's variables in each iteration."""
        if isinstance(step, ast.Each):
            return iterate(evaluate(step.iterable, scope), step.iterable.span)
        count = evaluate(step.count, scope)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            keep_quiet(count, "int")
            wanted = "an int of 0 or more"
            help_ = ("a list is gone through by `for x in list { … }`",) if isinstance(count, tuple) else ()
            raise Failure(
                value_codes.WrongType(
                    span=step.count.span, what="how often to repeat", wanted=wanted, given=describe(count), help=help_
                )
            )
        self.session.budget.charge(count, step.count.span)  # at once, so that no round is made in vain
        return range(count)

    def _scopes(
        self, step: ast.Each | ast.Repeat, scope: Scope, rounds: Sequence[Value]
    ) -> Iterator[tuple[int, Scope]]:
        """The number and the scope of each iteration. After the loop, a tap inside is a list of all its values."""
        tapped: dict[str, list[Value]] = {name: [] for name in self.names.taps(step.body)}
        self.session.budget.charge(len(tapped), step.body.span)
        targets = loop_targets(step)
        for number, element in enumerate(rounds):
            self.session.budget.charge(ROUND, step.body.span)
            inner = scope.inner(holds_taps=True)
            if targets:
                bind_targets(targets, element, inner)
            yield number, inner
            for name, value in inner.tapped.items():
                tapped.setdefault(name, []).append(value)
        scope.taps.tapped.update((name, tuple(values)) for name, values in tapped.items())

    # --- branches ---

    def _send(self, step: ast.Send, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        tensors: dict[str, Tensor] = {}
        with self.tapped(tap):
            for branch in step.branches:
                if branch.label is None:
                    help_ = ("as in `ports { logits: …  boxes: … }`",)
                    raise Failure(
                        codes.PortsMismatch(
                            span=branch.span, what="`ports`", wanted="a label for each", given="none", help=help_
                        )
                    )
                if isinstance(branch.flow, ast.Several) and isinstance(branch.flow.step, ast.Choose):
                    wanted, span = "one tensor for each label", branch.flow.span
                    raise Failure(codes.PortsMismatch(span=span, what="`ports`", wanted=wanted, given="any number"))
                name, made = branch.label.id, self._branch(branch, scope, current, self.part)
                if isinstance(branch.flow, ast.Flow):
                    (tensors[name],) = made.tensors
                elif made.is_open:
                    tensors[f"{name}{ANY_NUMBER}"] = self.assembly.hole(None)
                elif made.tensors:
                    tensors |= {f"{name}.{number}": tensor for number, tensor in enumerate(made.tensors)}
                else:
                    wanted, given = f"at least one tensor in the list `{name}`", "none"
                    span = branch.flow.span
                    raise Failure(codes.PortsMismatch(span=span, what="`ports`", wanted=wanted, given=given))
        return Bundle(tensors) if tensors else self.assembly.hole(None)  # none of them could be read

    def _branches(
        self, step: ast.Apply, scope: Scope, current: Result, position: Position, op: str
    ) -> tuple[list[Tensor], list[Place]]:
        inputs: list[Tensor] = []
        places: list[Place] = []
        self.session.budget.charge(BRANCH * len(step.branches or ()), step.span)
        for number, branch in enumerate(step.branches or ()):
            made = self._branch(branch, scope, current, self.inside(step, position, number))
            if made.tensors == [current]:
                habits.identity_branch(self.session, branch, op)
            inputs.extend(made.tensors)
            at = branch.label.span if branch.label else branch.flow.span
            places.extend([Place(at, branches.flow_of(branch), scope, made.is_open)] * len(made.tensors))
        return inputs, places

    def _branch(self, branch: ast.Branch, scope: Scope, current: Result, unnamed: Part) -> Made:
        """The outputs of a branch. ``unnamed`` is its part if it has no label."""
        if isinstance(branch.flow, ast.Spread):
            value = evaluate(branch.flow.value, scope)
            return Made(apply.tensors(Given(value, branch.flow.span), apply.SPREAD))
        if isinstance(branch.flow, ast.Several):
            return self._several(branch, branch.flow.step, scope, current, unnamed)
        with self.branch(branch, unnamed):
            result = self.flow(branch.flow, scope.inner(), current)
        return Made([apply.one(result, branch.span, "a branch")])

    def _several(
        self, branch: ast.Branch, step: ast.Choose | ast.Each | ast.Repeat, scope: Scope, current: Result, unnamed: Part
    ) -> Made:
        """The outputs of the branches that a condition or loop stands for, all of the same input."""
        self.reach(step)
        try:
            results = self._apart(branch, step, scope, current, unnamed)
            return Made([apply.one(result, branch.span, "a branch") for result in results])
        except Failure as failure:
            self.session.reporter.report(*failure.diagnostics)
        for name in self.names.taps(step):
            scope.taps.tapped.setdefault(name, POISON)
        return Made([self.assembly.hole(None)])

    def _apart(
        self, branch: ast.Branch, step: ast.Choose | ast.Each | ast.Repeat, scope: Scope, current: Result, unnamed: Part
    ) -> list[Result]:
        results: list[Result] = []
        if isinstance(step, ast.Choose):
            side = self._side(step, scope)
            if side is not None:
                with self.branch(branch, unnamed):
                    results.append(self.body(side, scope.inner(), current))
            return results
        for number, inner in self._scopes(step, scope, self._elements(step, scope)):
            with self.branch(branch, unnamed, number):
                results.append(self.body(step.body, inner, current))
        return results

    def _side(self, step: ast.Choose, scope: Scope) -> ast.Body | None:
        """The side of a condition that is taken; ``None`` if there is none."""
        while not truth(evaluate(step.condition, scope), step.condition.span):
            if step.otherwise is None:
                return None
            following = else_if(step.otherwise)
            if following is None:
                return step.otherwise
            self.reach(following)
            step = following
        return step.then

    @staticmethod
    def _left(inputs: Sequence[Tensor], step: ast.Apply, ref: OpRef) -> Tensor:
        """The output of a join that lists and conditions left with one tensor: that tensor."""
        if not inputs:
            help_ = ("one branch must be there whatever the values are: `id` is what flows in",)
            raise Failure(codes.NoBranchLeft(span=step.target.span, op=ref.op.name, help=help_))
        return inputs[0]

    def _residual(
        self,
        step: ast.Apply,
        given: list[tuple[ast.Name | None, Given]],
        scope: Scope,
        current: Result,
        tap: ast.Tap | None,
    ) -> Result:
        """``add { body  id }``, with stochastic depth on the body (Huang et al. 2016, arXiv:1603.09382).

        Unless ``when`` is true the body stands alone.
        """
        drop, when = apply.residual_arguments(given)
        body = step.branches[0] if step.branches and len(step.branches) == 1 else None
        if body is None or body.label or not isinstance(body.flow, ast.Flow):
            raise Failure(branches.wrong_residual(step))
        skip = apply.one(current, step.target.span, "residual")
        with self.tapped(tap):
            joining = self.position(step, "add")
            (main,) = self._branch(body, scope, current, self.inside(step, joining, 0)).tensors
            if not when:
                return main
            if main == skip:
                habits.identity_branch(self.session, body, "residual")
            if drop is not None and drop.value is not POISON:
                dropping = OpRef(OPS["drop_path"], {"rate": drop})
                position = self.dropping(step, joining)
                main = self.add_op(apply.OpCall(dropping, [main], [Place(drop.span)], drop.span, position))
            places = [Place(body.span, body.flow, scope), Place(step.target.span)]
            return self.add_op(apply.OpCall(OpRef(OPS["add"]), [main, skip], places, step.target.span, joining))
