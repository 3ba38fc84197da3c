"""Flows: the steps of a body, one after the other, on the tensors that flow through them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.elaborate import apply, branches, habits
from archdsl.elaborate.advice import Place
from archdsl.elaborate.arguments import give_block, give_op
from archdsl.elaborate.budget import BRANCH, CALL, NAME, ROUND
from archdsl.elaborate.builtins import LANGUAGE, aliases
from archdsl.elaborate.evaluate import call, evaluate, evaluate_arguments, evaluate_or_poison
from archdsl.elaborate.expect import bind_targets, else_if, is_tensor_like, iterate, loop_targets, truth
from archdsl.elaborate.failure import Exhausted, Failure, Silence, too_deep
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.parts import Part, Parts
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import agrees, assumed, broken, declared
from archdsl.elaborate.template import Assembly, Position
from archdsl.elaborate.types import keep_quiet, type_of
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import (
    ANY_NUMBER,
    POISON,
    BlockRef,
    Builtin,
    Bundle,
    FunctionRef,
    Given,
    InitRef,
    Keyword,
    OpRef,
    Result,
    SharedRef,
    Slot,
    Tensor,
    Unknown,
    Value,
    describe,
    name_of,
)
from archdsl.names import Names, diagnose
from archdsl.names.steps import body_of, snake_case
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast


class Call(NamedTuple):
    """A use of a block in a flow."""

    ref: BlockRef
    span: Span
    """Of the name that was called."""
    position: Position
    slot: Slot | None = None


class Made(NamedTuple):
    """What a branch computes: one tensor, or those of the branches that it stands for."""

    tensors: list[Tensor]
    is_open: bool = False
    """Whether nobody knows how many there are; those given stand for them."""


class Flows(Parts, ABC):
    """Elaborates a body into an assembly. What ops and calls of blocks are there, a subclass says."""

    def __init__(self, session: Session, assembly: Assembly, names: Names) -> None:
        super().__init__(session, names)
        self.assembly = assembly

    # --- bodies ---

    def body(self, body: ast.Body, scope: Scope, current: Result) -> Result:
        """What a body makes of what flows into it. Mistakes are reported; what depends on them is a hole."""
        for statement in body.statements:
            if isinstance(statement, ast.Broken):
                self._broken(statement, scope)
                continue
            value = evaluate_or_poison(statement.value, scope)
            if isinstance(statement, ast.Shared) and value is not POISON:
                value = self._shared(statement, value)
            scope.names[statement.name.id] = self._claimed(statement.name, value, scope)
        if body.flow is None:
            return self.assembly.hole(None)  # the parser reported it
        return self.flow(body.flow, scope, current)

    def _shared(self, statement: ast.Shared, value: Value) -> Value:
        if isinstance(value, Unknown) and value.type.overlaps(_OP):
            return value
        if not isinstance(value, OpRef | BlockRef):
            self.session.reporter.report(
                codes.NotAStep(span=statement.value.span, value=describe(value), hint="`shared` takes an op or a block")
            )
            return POISON
        slot = Slot(statement.name.id)
        self.assembly.slots.append(slot)
        return SharedRef(slot, value)

    def flow(self, flow: ast.Flow, scope: Scope, current: Result) -> Result:
        for index, step in enumerate(flow.steps):
            current = self._step_or_hole(step, scope, current, None, first=index == 0)
        return current

    # --- steps ---

    def _step_or_hole(
        self, step: ast.Step, scope: Scope, current: Result, tap: ast.Tap | None, *, first: bool
    ) -> Result:
        """One step, and the tap that names it; ``first`` allows it to be a named tensor.

        After a mistake, which is reported, it is a hole that hides what follows from it.
        """
        self.reach(step)
        try:
            return getattr(self, _STEPS[step.__class__])(step, scope, current, tap, first)  # type: ignore[no-any-return]
        except Failure as failure:
            self.session.reporter.report(*failure.diagnostics)
        except RecursionError:
            raise Exhausted(too_deep(step.span)) from None
        for name in self.names.taps(step):  # what the step would have named is known, but has no value
            scope.taps.tapped.setdefault(name, POISON)
        return self.assembly.hole(None)

    def reach(self, step: ast.Step) -> None:
        """Counts a step that is elaborated."""
        self.session.budget.tick(step.span)
        if self.session.reporter.allowances:
            self.session.reporter.allowances.reach(step.span)

    def _tap(self, step: ast.Tap, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        result = self._step_or_hole(step.step, scope, current, step, first=first)
        scope.taps.tapped[step.name.id] = self._claimed(step.name, result, scope)
        return result

    def _broken(self, lost: ast.Broken, scope: Scope) -> None:
        """What text that could not be read might have defined is known, but has no value."""
        self.session.budget.charge(NAME * len(lost.names), lost.span)
        for name in lost.names:
            if scope.find(name) is MISSING:
                scope.taps.tapped[name] = POISON

    def _lost_step(self, step: ast.Broken, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        self._broken(step, scope)
        raise Silence()

    def _claimed(self, name: ast.Name, value: Value, scope: Scope) -> Value:
        """The value that a name of the body has: none if it means something else as well, which is reported."""
        if scope.local(name.id) is not MISSING:
            first = self.names.first(name.id)
            self.session.reporter.report(diagnose.repeated(name, None if first == name.span else first, self.names))
            return POISON
        return POISON if name.id in self.names.doubtful else value

    def _claim(self, step: ast.Claim, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        result = self._step_or_hole(step.step, scope, current, tap, first=first)
        if isinstance(core := _core(step), ast.Apply):
            self.session.claimed.add(core.target.span)
        pattern = declared(step.shape, scope)
        if isinstance(result, Bundle):
            given = ", ".join(f"`{n}`" for n in result.tensors)
            raise Failure(codes.PortsMismatch(span=step.shape.span, what="a shape", wanted="one tensor", given=given))
        if result.shape is None:
            return self.assembly.hole(assumed(pattern))
        if not agrees(pattern, result.shape):
            self.assembly.misclaimed = True
            self.session.reporter.report(broken(step.shape, pattern, result.shape, "the shape here", _core(step)))
            # The step is likelier to be wrong than its claim, unless the claim is of another rank altogether.
            return self.assembly.hole(assumed(pattern) if len(pattern) == len(result.shape) else None)
        return result

    def _choose(self, step: ast.Choose, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        chosen = step.then if truth(evaluate(step.condition, scope), step.condition.span) else step.otherwise
        if chosen is None:
            return current
        with self.tapped(tap):
            return self.body(chosen, scope.inner(), current)

    def _nest(self, step: ast.Nest, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        with self.tapped(tap):
            return self.body(step.body, scope.inner(), current)

    def _loop(
        self, step: ast.Each | ast.Repeat, scope: Scope, current: Result, tap: ast.Tap | None, first: bool
    ) -> Result:
        """The rounds of a loop in sequence."""
        rounds = self._elements(step, scope)
        with self.tapped(tap):
            part = self.part
            for number, inner in self._scopes(step, scope, rounds):
                self.part = part.round(number, is_part=tap is not None)
                current = self.body(step.body, inner, current)
        return current

    def _elements(self, step: ast.Each | ast.Repeat, scope: Scope) -> Sequence[Value]:
        """What the variables of a loop stand for in each round."""
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
        """The number and the scope of each round. A tap inside is a list after it, with an element for each round."""
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

    # --- apply ---

    def _apply(self, step: ast.Apply, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        value = self._target(step, scope)
        if value is POISON:
            self._check_rest(step, scope, current)
            raise Silence()
        is_unknown_tensor = isinstance(value, Unknown) and value.type.overlaps(_TENSORS)
        if is_tensor_like(value) or isinstance(value, tuple) or is_unknown_tensor:
            return self._start(step, value, first)
        value, arguments = self._chosen(step, value, scope)
        given = evaluate_arguments(arguments, scope)
        if isinstance(value, Keyword):
            if value.name == "residual":
                return self._residual(step, given, scope, current, tap)
            if value.name == "float32":
                return self._precise(step, given, scope, current, tap)
            self._no_arguments(step, given)
            return current
        slot = None
        if isinstance(value, SharedRef):
            self._no_arguments(step, given)
            slot, value = value.slot, value.target
        if isinstance(value, OpRef):
            return self._op(step, value, given, slot, scope, current, tap, first)
        if isinstance(value, BlockRef):
            if step.branches is not None:
                raise Failure(branches.unexpected(step, step.target.span.text))
            self.session.budget.charge(CALL + len(value.decl.params) // 2, step.span)
            ref = give_block(value, given)
            position = self.position(tap or step, snake_case(name_of(ref)), slot)
            return self.add_block(Call(ref, step.target.span, position, slot), current)
        keep_quiet(value, "op")
        hint = "steps are ops, blocks and tensors"
        op = aliases().get(value.name) if isinstance(value, Builtin) else None
        help_ = (f"did you mean `{op}`?",) if op else ()
        raise Failure(codes.NotAStep(span=step.target.span, value=describe(value), hint=hint, help=help_))

    def _target(self, step: ast.Apply, scope: Scope) -> Value:
        target = step.target
        if isinstance(target, ast.Name):
            value = scope.find(target.id)
            if value is MISSING:
                self.session.reporter.report(unknown_name(target.id, target.span, scope, what="op or block"))
                return POISON
            # A parameter called `dropout` stands for its value, and does not hide the op where a step is meant.
            if target.id in LANGUAGE and type_of(value).overlaps(_FIGURE):
                value = LANGUAGE[target.id]
            return OpRef(OPS[target.id]) if isinstance(value, InitRef) and target.id in OPS else value
        return evaluate(target, scope)

    def _chosen(self, step: ast.Apply, value: Value, scope: Scope) -> tuple[Value, Sequence[ast.Argument]]:
        """The op or block that a step applies, with its arguments, which a function that chooses it has used up."""
        arguments = step.arguments or ()
        return (call(value, arguments, step.span, scope), ()) if isinstance(value, FunctionRef) else (value, arguments)

    def _check_rest(self, step: ast.Apply, scope: Scope, current: Result) -> None:
        """Looks for further mistakes in a step whose target has no meaning."""
        evaluate_arguments(step.arguments or (), scope)
        for branch in step.branches or ():
            self._branch(branch, scope, current, self.part)

    def _start(self, step: ast.Apply, value: Value, first: bool) -> Result:
        text = step.target.span.text
        if step.arguments is not None or step.branches is not None:
            raise Failure(value_codes.NotCallable(span=step.span, value=describe(value)))
        if not isinstance(value, Tensor | Bundle | Unknown):
            choose = f"take one with `{text}[0]`, or join them: `concat(...{text})`"
            raise Failure(codes.NotAStep(span=step.target.span, value=describe(value), help=(choose,)))
        if not first:
            help_ = (f"join both: `add({text})` or `concat({text})`", f"or start a flow: `{{ {text} -> … }}`")
            raise Failure(codes.TensorMidFlow(span=step.target.span, what="tensor", name=text, help=help_))
        return self.assembly.hole(None) if isinstance(value, Unknown) else value

    @staticmethod
    def _no_arguments(step: ast.Apply, given: list[tuple[ast.Name | None, Given]]) -> None:
        if given or step.branches is not None:
            raise Failure(
                value_codes.TooManyArguments(
                    span=given[0][1].span if given else step.span,
                    callee=step.target.span.text,
                    wanted="no arguments",
                )
            )

    def _op(
        self,
        step: ast.Apply,
        ref: OpRef,
        given: list[tuple[ast.Name | None, Given]],
        slot: Slot | None,
        scope: Scope,
        current: Result,
        tap: ast.Tap | None,
        first: bool,
    ) -> Result:
        if step.branches is not None and not ref.op.joins:
            raise Failure(branches.unexpected(step, ref.op.name))
        ref = give_op(ref, given)
        with self.tapped(tap if step.branches is not None else None):
            position = self.position(step if tap is None or step.branches is not None else tap, ref.op.name, slot)
            if ref.op.arity == NO_INPUT:
                if not first:
                    text = step.span.text
                    help_ = (f"join both: `add {{ id, {text} }}`", f"or start a flow: `{{ {text} -> … }}`")
                    raise Failure(codes.TensorMidFlow(span=step.target.span, what="op", name=ref.op.name, help=help_))
                inputs, places = [], []
            elif step.branches is None:
                inputs = [apply.one(current, step.target.span, ref.op.name)]
                places = [Place(step.target.span)]
            else:
                inputs, places = self._branches(step, scope, current, position, ref.op.name)
            for joined in ref.joined:
                for tensor in apply.tensors(joined, ref.op.name):
                    inputs.append(tensor)
                    places.append(Place(joined.span))
            if len(inputs) < 2 and ref.op.arity == (2, None) and branches.any_number(step, ref):
                return self._left(inputs, step, ref)
            return self.add_op(apply.OpCall(ref, inputs, places, step.target.span, position, slot))

    @staticmethod
    def _left(inputs: Sequence[Tensor], step: ast.Apply, ref: OpRef) -> Tensor:
        """What a join makes that lists and conditions left with one tensor: that tensor."""
        if not inputs:
            help_ = ("one branch must be there whatever the values are: `id` is what flows in",)
            raise Failure(codes.NoBranchLeft(span=step.target.span, op=ref.op.name, help=help_))
        return inputs[0]

    @abstractmethod
    def add_op(self, call: apply.OpCall) -> Tensor:
        """What comes out of an op."""

    @abstractmethod
    def add_block(self, call: Call, current: Result) -> Result:
        """What comes out of a call of a block."""

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
        """What a branch computes. ``unnamed`` is its part if it has no label."""
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
        """What each of the branches computes that a condition or a loop stands for, all from what flows in."""
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
        """The side of a condition that is taken, ``None`` if no side is."""
        while not truth(evaluate(step.condition, scope), step.condition.span):
            if step.otherwise is None:
                return None
            following = else_if(step.otherwise)
            if following is None:
                return step.otherwise
            self.reach(following)
            step = following
        return step.then

    def _precise(
        self,
        step: ast.Apply,
        given: list[tuple[ast.Name | None, Given]],
        scope: Scope,
        current: Result,
        tap: ast.Tap | None,
    ) -> Result:
        """What the body makes, all of it computed in float32."""
        flow = body_of(step)
        if flow is None or given:
            raise Failure(codes.PrecisionForm(span=step.target.span))
        with self.tapped(tap), self.precise():
            return self.flow(flow, scope.inner(), current)

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


def _core(step: ast.Step) -> ast.Step:
    while isinstance(step, ast.Tap | ast.Claim):
        step = step.step
    return step


_OP, _TENSORS, _FIGURE = Type.named("op"), Type.named("tensor", "list"), Type.named("float", "str")
_STEPS: Final = {
    ast.Apply: "_apply",
    ast.Broken: "_lost_step",
    ast.Choose: "_choose",
    ast.Each: "_loop",
    ast.Repeat: "_loop",
    ast.Nest: "_nest",
    ast.Send: "_send",
    ast.Tap: "_tap",
    ast.Claim: "_claim",
}
"""The method for each kind of step."""
