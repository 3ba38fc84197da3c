"""Flows: the steps of a body, one after the other, on the tensors that flow through them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.catalogue import values as value_codes
from archdsl.elaborate import apply, habits
from archdsl.elaborate.advice import Place
from archdsl.elaborate.arguments import give_block, give_op
from archdsl.elaborate.budget import CALL, LETTERS, ROUND
from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.evaluate import call, evaluate, evaluate_arguments, evaluate_or_poison
from archdsl.elaborate.expect import bind_targets, is_tensor_like, iterate, truth
from archdsl.elaborate.failure import Exhausted, Failure, Silence, too_deep
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import agrees, assumed, broken, declared
from archdsl.elaborate.template import Assembly, Group, Position
from archdsl.elaborate.types import keep_quiet, type_of
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import (
    POISON,
    BlockRef,
    Bundle,
    FunctionRef,
    Given,
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
from archdsl.names.steps import is_residual, snake_case
from archdsl.ops.registry import OPS
from archdsl.ops.types import Type
from archdsl.source import Span
from archdsl.syntax import ast

_LONG: Final = 100
"""Letters of a path that nobody counts; few have as many."""


class Call(NamedTuple):
    """A use of a block in a flow."""

    ref: BlockRef
    span: Span
    """Of the name that was called."""
    position: Position
    slot: Slot | None = None


class Part(NamedTuple):
    """The part of the body under way: what comes before and after the names of its steps."""

    prefix: str = ""
    rounds: str = ""
    """The numbers of the rounds of loops in this part."""
    group: Group | None = None


class Flows(ABC):
    """Elaborates a body into an assembly. What ops and calls of blocks are there, a subclass says."""

    def __init__(self, session: Session, assembly: Assembly, names: Names) -> None:
        self.session = session
        self.assembly = assembly
        self.names = names
        self.part = Part()

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
        self.session.budget.tick(step.span)
        if self.session.reporter.allowances:
            self.session.reporter.allowances.reach(step.span)
        try:
            return getattr(self, _STEPS[step.__class__])(step, scope, current, tap, first)  # type: ignore[no-any-return]
        except Failure as failure:
            self.session.reporter.report(*failure.diagnostics)
        except RecursionError:
            raise Exhausted(too_deep(step.span)) from None
        for name in self.names.taps(step):  # what the step would have named is known, but has no value
            scope.taps.tapped.setdefault(name, POISON)
        return self.assembly.hole(None)

    def _tap(self, step: ast.Tap, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        result = self._step_or_hole(step.step, scope, current, step, first=first)
        scope.taps.tapped[step.name.id] = self._claimed(step.name, result, scope)
        return result

    def _broken(self, lost: ast.Broken, scope: Scope) -> None:
        """What text that could not be read might have defined is known, but has no value."""
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
        with self._group(tap):
            return self.body(chosen, scope.inner(), current)

    def _nest(self, step: ast.Nest, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        with self._group(tap):
            return self.body(step.body, scope.inner(), current)

    def _each(self, step: ast.Each, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        elements = iterate(evaluate(step.iterable, scope), step.iterable.span)
        with self._group(tap):
            return self._rounds(step.body, scope, current, [(step.targets, e) for e in elements], tap)

    def _repeat(self, step: ast.Repeat, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
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
        self.session.budget.charge(count, step.count.span)  # at once, so that no list of rounds is made in vain
        targets = (step.index,) if step.index else ()
        with self._group(tap):
            return self._rounds(step.body, scope, current, [(targets, i) for i in range(count)], tap)

    def _rounds(
        self,
        body: ast.Body,
        scope: Scope,
        current: Result,
        rounds: list[tuple[tuple[ast.Name, ...], Value]],
        tap: ast.Tap | None,
    ) -> Result:
        """The rounds of a loop in sequence. A tap inside is a list after it, with an element for each round."""
        tapped: dict[str, list[Value]] = {name: [] for name in self.names.taps(body)}
        self.session.budget.charge(len(tapped), body.span)
        part = self.part
        for number, (targets, element) in enumerate(rounds):
            self.session.budget.charge(ROUND, body.span)
            inner = scope.inner(holds_taps=True)
            if targets:
                bind_targets(targets, element, inner)
            after = part._replace(rounds=f"{part.rounds}.{number}")
            self.part = after if tap is None else part._replace(prefix=f"{part.prefix}{number}.")
            current = self.body(body, inner, current)
            for name, value in inner.tapped.items():
                tapped.setdefault(name, []).append(value)
        scope.taps.tapped.update((name, tuple(values)) for name, values in tapped.items())
        return current

    def _send(self, step: ast.Send, scope: Scope, current: Result, tap: ast.Tap | None, first: bool) -> Result:
        tensors: dict[str, Tensor] = {}
        with self._group(tap):
            for branch in step.branches:
                if branch.label is None:
                    help_ = ("as in `ports { logits: …  boxes: … }`",)
                    raise Failure(
                        codes.PortsMismatch(
                            span=branch.span, what="`ports`", wanted="a label for each", given="none", help=help_
                        )
                    )
                (tensors[branch.label.id],) = self._branch(branch, scope, current, self.part)
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
            self._no_arguments(step, given)
            return current
        slot = None
        if isinstance(value, SharedRef):
            self._no_arguments(step, given)
            slot, value = value.slot, value.target
        if isinstance(value, OpRef):
            return self._op(step, value, given, slot, scope, current, tap)
        if isinstance(value, BlockRef):
            if step.branches is not None:
                raise Failure(_unexpected_branches(step, step.target.span.text))
            self.session.budget.charge(CALL + len(value.decl.params) // 2, step.span)
            ref = give_block(value, given)
            position = self._position(tap or step, snake_case(name_of(ref)), slot)
            return self.add_block(Call(ref, step.target.span, position, slot), current)
        keep_quiet(value, "op")
        hint = "steps are ops, blocks and tensors"
        raise Failure(codes.NotAStep(span=step.target.span, value=describe(value), hint=hint))

    def _target(self, step: ast.Apply, scope: Scope) -> Value:
        target = step.target
        if isinstance(target, ast.Name):
            value = scope.find(target.id)
            if value is MISSING:
                self.session.reporter.report(unknown_name(target.id, target.span, scope, what="op or block"))
                return POISON
            # A parameter called `dropout` stands for its value, and does not hide the op where a step is meant.
            is_figure = target.id in LANGUAGE and type_of(value).overlaps(_FIGURE)
            return LANGUAGE[target.id] if is_figure else value
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
            raise Failure(codes.TensorMidFlow(span=step.target.span, name=text, help=help_))
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
    ) -> Result:
        if step.branches is not None and not ref.op.joins:
            raise Failure(_unexpected_branches(step, ref.op.name))
        ref = give_op(ref, given)
        with self._group(tap if step.branches is not None else None):
            position = self._position(step if tap is None or step.branches is not None else tap, ref.op.name, slot)
            if step.branches is None:
                inputs = [apply.one(current, step.target.span, ref.op.name)]
                places = [Place(step.target.span)]
            else:
                inputs, places = self._branches(step, scope, current, position, ref.op.name)
            for joined in ref.joined:
                for tensor in apply.tensors(joined, ref.op.name):
                    inputs.append(tensor)
                    places.append(Place(joined.span))
            return self.add_op(apply.OpCall(ref, inputs, places, step.target.span, position, slot))

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
        for number, branch in enumerate(step.branches or ()):
            made = self._branch(branch, scope, current, self._inside(step, position, number))
            if made == [current]:
                habits.identity_branch(self.session, branch, op)
            inputs.extend(made)
            at = branch.label.span if branch.label else branch.flow.span
            flow = branch.flow if isinstance(branch.flow, ast.Flow) else None
            places.extend([Place(at, flow, scope)] * len(made))
        return inputs, places

    def _branch(self, branch: ast.Branch, scope: Scope, current: Result, part: Part) -> list[Tensor]:
        """What a branch computes: one tensor, or those of a list that it spreads. Without a label it is this part."""
        if isinstance(branch.flow, ast.Spread):
            value = evaluate(branch.flow.value, scope)
            return apply.tensors(Given(value, branch.flow.span), apply.SPREAD)
        with self._group(branch if branch.label else None):
            if branch.label is None:
                self.part = part
            result = self.flow(branch.flow, scope.inner(), current)
        return [apply.one(result, branch.span, "a branch")]

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
            raise Failure(_residual_form(step))
        skip = apply.one(current, step.target.span, "residual")
        with self._group(tap):
            joining = self._position(step, "add")
            (main,) = self._branch(body, scope, current, self._inside(step, joining, 0))
            if not when:
                return main
            if main == skip:
                habits.identity_branch(self.session, body, "residual")
            if drop is not None and drop.value is not POISON:
                dropping = OpRef(OPS["drop_path"], {"rate": drop})
                position = self._dropping(step, joining)
                main = self.add_op(apply.OpCall(dropping, [main], [Place(drop.span)], drop.span, position))
            places = [Place(body.span, body.flow, scope), Place(step.target.span)]
            return self.add_op(apply.OpCall(OpRef(OPS["add"]), [main, skip], places, step.target.span, joining))

    # --- names ---

    def _position(self, node: ast.Apply | ast.Tap, kind: str, slot: Slot | None = None) -> Position:
        """That of an op or a call of a block, by its tap if it has one; ``kind`` is what its own name would make."""
        word = node.name.id if isinstance(node, ast.Tap) else node.target.span.text
        is_given = isinstance(node, ast.Tap) or (slot is not None and word == slot.name)
        return Position(self._path(node), word, is_given and word != kind, self.part.group)

    def _path(self, node: ast.Apply | ast.Tap | ast.Branch) -> str:
        # What has no name although it makes something is in a spec with mistakes, of which no graph is made.
        path = f"{self.part.prefix}{self.names.steps.steps.get(id(node), '')}{self.part.rounds}"
        if len(path) > _LONG:
            self.session.budget.charge(len(path) // LETTERS, node.span)
        return path

    def _inside(self, step: ast.Apply, position: Position, number: int) -> Part:
        """The part that a branch without a label is."""
        return self.part if is_residual(step) else Part(f"{position.path}.{number}.", "", self.part.group)

    def _dropping(self, step: ast.Apply, joining: Position) -> Position:
        """That of the ``drop_path`` of a residual; one that is called by another name has it beside its branch."""
        name = self.names.steps.drops.get(id(step))
        path = f"{joining.path}.drop_path" if name is None else f"{self.part.prefix}{name}{self.part.rounds}"
        return Position(path, "drop_path", False, joining.group)

    @contextmanager
    def _group(self, node: ast.Tap | ast.Branch | None) -> Iterator[None]:
        """Steps made inside belong to a named part of the body; without a tap or label, to the part around it."""
        outer = self.part
        if node is not None:
            name = node.name if isinstance(node, ast.Tap) else node.label
            assert name is not None
            span = node.step.span if isinstance(node, ast.Tap) else node.span
            path = self._path(node)
            self.part = Part(f"{path}.", "", Group(name.id, path, span, outer.group))
        try:
            yield
        finally:
            self.part = outer


def _unexpected_branches(step: ast.Apply, name: str) -> Diagnostic:
    source, end = step.span.source, step.branches[0].span.start if step.branches else step.span.end
    brace = source.text.rfind("{", step.target.span.end, end)
    fix = Fix(Span(source, brace, brace), "-> ") if brace >= 0 else None
    help_ = ("an arrow leads into a nested flow: `-> { … }`",)
    return codes.UnexpectedBranches(span=step.target.span, name=name, help=help_, fix=fix)


def _residual_form(step: ast.Apply) -> Diagnostic:
    branches = step.branches or ()
    given = "none" if not branches else f"{len(branches)}" if len(branches) > 1 else "a branch with a label"
    help_ = ("`residual { … }` adds what flows in to what its body makes",)
    if len(branches) > 1:
        help_ = ("for a skip that is not the identity: `add { main: …  skip: … }`",)
        if all(branch.label is None and branch.flow.span.text != "id" for branch in branches):
            joined = " -> ".join(branch.flow.span.text for branch in branches)
            help_ = (f"steps are joined by `->`: `residual {{ {joined} }}`",)
    return codes.ResidualForm(span=step.target.span, given=given, help=help_)


def _core(step: ast.Step) -> ast.Step:
    while isinstance(step, ast.Tap | ast.Claim):
        step = step.step
    return step


_OP, _TENSORS, _FIGURE = Type.named("op"), Type.named("tensor", "list"), Type.named("float", "str")
_STEPS: Final = {
    ast.Apply: "_apply",
    ast.Broken: "_lost_step",
    ast.Choose: "_choose",
    ast.Each: "_each",
    ast.Repeat: "_repeat",
    ast.Nest: "_nest",
    ast.Send: "_send",
    ast.Tap: "_tap",
    ast.Claim: "_claim",
}
"""The method for each kind of step."""
