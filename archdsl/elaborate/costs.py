"""The cost of a model as a function of its arguments, without a graph: thousands of evaluations a second.

The steps of the model's body are elaborated one by one, each once for equal values of the parameters that it mentions
and equal shapes of what flows in. So a step that two candidates have in common is elaborated for the first alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final

from archdsl.elaborate.arguments import give_block
from archdsl.elaborate.expressions import bind_parameters, evaluate, evaluate_or_poison
from archdsl.elaborate.failure import Exhausted, Failure
from archdsl.elaborate.instantiate import Instance, argument_key
from archdsl.elaborate.models import model_graph
from archdsl.elaborate.proof import prove
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import bind_inputs, declared_ports, model_inputs
from archdsl.elaborate.template import Assembly, Step, Template
from archdsl.elaborate.values import POISON, BlockRef, Given, Tensor
from archdsl.graph.dims import Shape
from archdsl.passes.cost import NodeCost, cost, share_of
from archdsl.source import Span
from archdsl.syntax import ast

_NOTHING: Final = NodeCost()


class Costs:
    """The cost of one model as a function of its arguments."""

    def __init__(self, session: Session, ref: BlockRef, span: Span) -> None:
        self._session = session
        self._ref = ref
        self._span = span
        self._steps: tuple[ast.Step, ...] = ref.decl.body.flow.steps if ref.decl.body.flow else ()
        self._mentions = _mentions(ref.decl) if _is_chain(ref.decl) else None
        self._known: dict[Hashable, tuple[NodeCost, Shape] | None] = {}
        """What a step adds and what flows out of it; ``None`` where that is an error."""
        self._conditions: dict[ast.Expr, tuple[str, ...]] = {}
        """The parameters that each condition depends on."""
        self._held: dict[Hashable, bool] = {}
        """Whether one held, by the values of these."""
        self._admitted: dict[Hashable, bool] = {}
        """Whether a parameter may have a value, by its name and that."""
        self._templates: dict[int, NodeCost] = {}
        self._kept: list[Template] = []
        """Those in ``_templates``, so that their identities stay theirs."""

    @property
    def conditions(self) -> tuple[ast.Expr, ...]:
        """The `where` conditions of the model's definition."""
        return self._ref.decl.conditions

    def of(self, arguments: Mapping[str, Given]) -> NodeCost | None:
        """The cost with these arguments; ``None`` if they are not valid, or some shape cannot be proved."""
        session = self._session
        try:
            with session.reporter.aside() as found, session.budget.apart():
                if not (self.takes(arguments) and all(self.holds(each, arguments) for each in self.conditions)):
                    return None
                total = self._chain(arguments) if self._mentions is not None else self._whole(arguments)
        except (Failure, Exhausted):
            return None
        return None if found.has_errors else total

    def takes(self, arguments: Mapping[str, Given]) -> bool:
        """Whether each value is in its parameter's domain, taken by itself."""
        params = (param for param in self._ref.decl.params if param.name.id in arguments)
        return all(self._admits(param, arguments[param.name.id]) for param in params)

    def _admits(self, param: ast.Param, given: Given) -> bool:
        name = param.name.id
        key = (name, _key(given))
        if key not in self._admitted:
            scope = Scope(self._session, self._ref.module)
            with self._session.reporter.aside() as found, self._session.budget.apart():
                try:
                    bind_parameters(self._ref.decl.name.id, (param,), {name: given}, scope, self._span)
                except Failure as failure:
                    self._session.reporter.report(*failure.diagnostics)
            self._admitted[key] = not found.has_errors
        return self._admitted[key]

    def holds(self, condition: ast.Expr, arguments: Mapping[str, Given]) -> bool:
        """The value of a condition over the parameters. Raises ``Failure`` if it has none."""
        if condition not in self._conditions:
            reached = _reached(condition, _parameters(self._ref.decl))
            self._conditions[condition] = tuple(sorted(reached))
        key = (condition, tuple(_key(arguments.get(name)) for name in self._conditions[condition]))
        if key not in self._held:
            with self._session.budget.apart():
                self._held[key] = evaluate(condition, self._scope(arguments)) is True
        return self._held[key]

    def _given(self, arguments: Mapping[str, Given]) -> BlockRef:
        return give_block(self._ref, [(ast.Name(self._span, name), given) for name, given in arguments.items()])

    def _scope(self, arguments: Mapping[str, Given]) -> Scope:
        ref = self._given(arguments)
        scope = Scope(self._session, ref.module)
        bind_parameters(ref.decl.name.id, ref.decl.params, ref.arguments, scope, self._span)
        return scope

    def _whole(self, arguments: Mapping[str, Given]) -> NodeCost | None:
        """The cost by way of the graph, for bodies that are not a chain."""
        ref = self._given(arguments)
        graph = model_graph(self._session, ref, self._span)
        self._session.graphs.pop((argument_key(ref), None), None)
        return None if graph is None else cost(graph).total

    def _chain(self, arguments: Mapping[str, Given]) -> NodeCost | None:
        assert self._mentions is not None
        parts: list[NodeCost] = []
        shape: Shape = ()
        scope: Scope | None = None
        for index, names in enumerate(self._mentions):
            key = (index, shape, tuple(_key(arguments.get(name)) for name in names))
            if key not in self._known:
                scope = scope or self._scope(arguments)
                with self._session.reporter.recording() as found:
                    try:
                        result = self._result(index, shape, scope)
                    except Failure as failure:
                        self._session.reporter.report(*failure.diagnostics)
                        result = None
                self._known[key] = None if found.has_errors else result
            part = self._known[key]
            if part is None:
                return None
            parts.append(part[0])
            shape = part[1]
        return NodeCost.sum(parts)

    def _result(self, index: int, shape: Shape, scope: Scope) -> tuple[NodeCost, Shape] | None:
        """Part ``index`` of a chain: the input and ``let`` lines, then each step, and last the proof of the output."""
        signature, body = self._ref.decl.signature, self._ref.decl.body
        assert signature is not None
        if index == 0:
            (given,) = model_inputs(signature, scope).values()
            for statement in body.statements:
                assert isinstance(statement, ast.Let)
                evaluate_or_poison(statement.value, self._inside(scope, given, until=statement))
            return _NOTHING, given
        assembly = Assembly()
        current = assembly.input(shape)
        if index > len(self._steps):
            prove(
                self._session, self._ref.decl.name.id, body, declared_ports(signature.outputs, scope), current, assembly
            )
            return None if assembly.broken else (_NOTHING, shape)
        (given,) = model_inputs(signature, scope).values()
        instance = Instance(self._session, assembly, self._ref.module.names.names(self._ref.decl))
        flow = ast.Flow(body.flow.span if body.flow else self._span, (self._steps[index - 1],))
        result = instance.flow(flow, self._inside(scope, given), current)
        if assembly.broken or not isinstance(result, Tensor) or result.shape is None:
            return None
        return self._cost([shape], assembly.steps), result.shape

    def _inside(self, scope: Scope, given: Shape, until: ast.Let | None = None) -> Scope:
        """The scope of the body with the input sizes and its ``let`` lines: all, or those before ``until``."""
        signature, body = self._ref.decl.signature, self._ref.decl.body
        assert signature is not None
        outer = scope.inner()
        bind_inputs(self._ref.decl.name.id, signature.inputs, [Assembly().input(given)], outer, self._span)
        inside = outer.inner(holds_taps=True)
        for statement in body.statements:
            if statement is until:
                break
            assert isinstance(statement, ast.Let)
            inside.names[statement.name.id] = evaluate_or_poison(statement.value, inside)
        return inside

    def _cost(self, inputs: Sequence[Shape], steps: Sequence[Step]) -> NodeCost:
        shapes, parts = list(inputs), []
        for step in steps:
            taken = tuple(shapes[number] for number in step.inputs)
            if isinstance(step.what, Template):
                if id(step.what) not in self._templates:
                    self._templates[id(step.what)] = self._cost(taken, step.what.steps)
                    self._kept.append(step.what)
                parts.append(self._templates[id(step.what)])
            else:
                parts.append(share_of(step.what, taken, step.shapes[0]))
            shapes += step.shapes
        return NodeCost.sum(parts)


def _key(given: Given | None) -> Hashable:
    if given is None:
        return None
    return POISON if given.value is POISON else _hashable(given.value)


def _hashable(value: object) -> Hashable:
    """A value paired with its type: 1, 1.0 and true are equal in Python."""
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    if isinstance(value, bool | int | float | str):
        return type(value), value
    return argument_key(value) if isinstance(value, BlockRef) else id(value)


def _is_chain(decl: ast.Block) -> bool:
    """Whether each step of a model's body depends only on the flow, and no weights are shared."""
    signature, body = decl.signature, decl.body
    if signature is None or body.flow is None or len(signature.inputs) != 1 or len(signature.outputs) != 1:
        return False
    if signature.inputs[0].name is not None or signature.outputs[0].name is not None:
        return False
    if not all(isinstance(statement, ast.Let) for statement in body.statements):
        return False
    if any(isinstance(node, ast.Shared) for node in _walk(body)):
        return False
    tapped: set[str] = set()
    for step in body.flow.steps:
        if tapped & {name for node in _walk(step) for name in _names(node)}:
            return False
        tapped |= {node.name.id for node in _walk(step) if isinstance(node, ast.Tap)}
    return True


def _mentions(decl: ast.Block) -> tuple[tuple[str, ...], ...]:
    """The parameters on which each part of a chain depends: the input and ``let`` lines, each step, and the output."""
    assert decl.signature is not None
    assert decl.body.flow is not None
    parameters = [param.name.id for param in decl.params]
    of = _parameters(decl)
    sizes = set().union(*(_reached(port, of) for port in decl.signature.inputs))
    of |= {name: sizes for port in decl.signature.inputs for name in _all_names(port) if name not in of}
    for statement in decl.body.statements:
        assert isinstance(statement, ast.Let)
        of[statement.name.id] = _reached(statement.value, of)
    first = sizes.union(*(_reached(each, of) for each in decl.body.statements))
    every = [first, *(_reached(step, of) for step in decl.body.flow.steps), _reached(decl.signature.outputs[0], of)]
    return tuple(tuple(name for name in parameters if name in names) for names in every)


def _parameters(decl: ast.Block) -> dict[str, set[str]]:
    """For each parameter, those on which it depends: itself, and earlier ones in its default."""
    of: dict[str, set[str]] = {}
    for param in decl.params:
        of[param.name.id] = {param.name.id} | _reached(param.default, of)
    return of


def _reached(node: ast.Node | None, of: Mapping[str, set[str]]) -> set[str]:
    return set().union(*(of[name] for name in _all_names(node) if name in of)) if node is not None else set()


def _all_names(node: ast.Node) -> Iterator[str]:
    for each in _walk(node):
        yield from _names(each)


def _names(node: ast.Node) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id


def _walk(node: object) -> Iterator[ast.Node]:
    """A node and its descendants."""
    if isinstance(node, tuple):
        for each in node:
            yield from _walk(each)
    elif isinstance(node, ast.Node):
        yield node
        for name in node.fields:
            yield from _walk(getattr(node, name))
