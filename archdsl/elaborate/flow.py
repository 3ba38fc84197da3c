"""Elaborates flows: the steps of a body in sequence, on the tensors that flow through them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.elaborate import apply, branches
from archdsl.elaborate.advice import Place
from archdsl.elaborate.arguments import give_block, give_op
from archdsl.elaborate.budget import CALL, NAME
from archdsl.elaborate.builtins import LANGUAGE, aliases
from archdsl.elaborate.expect import is_tensor_like, truth
from archdsl.elaborate.expressions import call, evaluate, evaluate_arguments, evaluate_or_poison
from archdsl.elaborate.failure import Exhausted, Failure, Silence, too_deep
from archdsl.elaborate.fans import Fans
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.signature import agrees, assumed, broken, declared
from archdsl.elaborate.template import Position
from archdsl.elaborate.types import keep_quiet, type_of
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import (
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
from archdsl.names import diagnose
from archdsl.names.steps import body_of, snake_case
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast


class Call(NamedTuple):
    """A call of a block in a flow."""

    ref: BlockRef
    span: Span
    """Of the name that was called."""
    position: Position
    slot: Slot | None = None


class Flows(Fans, ABC):
    """Elaborates a body into an assembly. Subclasses add the ops and the calls of blocks."""

    # --- bodies ---

    def body(self, body: ast.Body, scope: Scope, current: Result) -> Result:
        """Elaborates a body. Mistakes are reported; values that depend on them are holes."""
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
        """Elaborates one step and binds its tap; ``first`` allows a named tensor.

        After a mistake, which is reported, it is a hole that hides what follows from it.
        """
        self.reach(step)
        try:
            return self._seen(step, getattr(self, _STEPS[step.__class__])(step, scope, current, tap, first))
        except Failure as failure:
            self.session.reporter.report(*failure.diagnostics)
        except RecursionError:
            raise Exhausted(too_deep(step.span)) from None
        for name in self.names.taps(step):  # what the step would have named is known, but has no value
            scope.taps.tapped.setdefault(name, POISON)
        return self.assembly.hole(None)

    def _seen(self, step: ast.Step, result: Result) -> Result:
        """Records the output of a step if there is an observer."""
        if self.session.observer is not None:
            self.assembly.results.append((step, result))
        return result

    def _tap(self, step: ast.Tap, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        result = self._step_or_hole(step.step, scope, current, step, first=first)
        scope.taps.tapped[step.name.id] = self._claimed(step.name, result, scope)
        return result

    def _broken(self, lost: ast.Broken, scope: Scope) -> None:
        """Binds names that unparsable text may define: they are known, but have no value."""
        self.session.budget.charge(NAME * len(lost.names), lost.span)
        for name in lost.names:
            if scope.find(name) is MISSING:
                scope.taps.tapped[name] = POISON

    def _lost_step(self, step: ast.Broken, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        self._broken(step, scope)
        raise Silence()

    def _claimed(self, name: ast.Name, value: Value, scope: Scope) -> Value:
        """The value for a name of the body; ``POISON``, after a report, if the name is ambiguous or bound twice."""
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
        """Elaborates the iterations of a loop in sequence."""
        rounds = self._elements(step, scope)
        with self.tapped(tap):
            part = self.part
            for number, inner in self._scopes(step, scope, rounds):
                self.part = part.round(number, is_part=tap is not None)
                current = self.body(step.body, inner, current)
        return current

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
        """The op or block that a step applies, and its arguments; a function that returns it has consumed them."""
        arguments = step.arguments or ()
        return (call(value, arguments, step.span, scope), ()) if isinstance(value, FunctionRef) else (value, arguments)

    def _check_rest(self, step: ast.Apply, scope: Scope, current: Result) -> None:
        """Checks the arguments and branches of a step whose target has no meaning."""
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

    @abstractmethod
    def add_block(self, call: Call, current: Result) -> Result:
        """Adds a call of a block and returns its output."""

    def _precise(
        self,
        step: ast.Apply,
        given: list[tuple[ast.Name | None, Given]],
        scope: Scope,
        current: Result,
        tap: ast.Tap | None,
    ) -> Result:
        """Elaborates a body whose steps all compute in float32."""
        flow = body_of(step)
        if flow is None or given:
            raise Failure(codes.PrecisionForm(span=step.target.span))
        with self.tapped(tap), self.precise():
            return self.flow(flow, scope.inner(), current)


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
