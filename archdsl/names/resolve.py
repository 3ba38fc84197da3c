"""Resolves the names in one declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from archdsl.names.language import FIGURES, figure
from archdsl.names.model import Definition, Found, Label, Role, Use
from archdsl.names.scopes import As, Define, Enter, Figures, First, Leave, Next, Scopes, Size, Target
from archdsl.syntax import ast


def resolve(declaration: ast.Declaration, outer: Callable[[str], Definition | None]) -> Found:
    """Resolves a declaration. ``outer`` resolves names at file level.

    In time proportional to the text, without recursion: hostile files nest deeply.
    """
    resolver = _Resolver(outer, declaration.span.end)
    pending: list[Next] = [declaration.value if isinstance(declaration, ast.Let) else declaration]
    while pending:
        node = pending.pop()
        pending.extend(reversed([*_VISITS.get(node.__class__, _nothing)(resolver, node)]))
    return resolver.found


class _Resolver(Scopes):
    """A visitor of a declaration's nodes; yields what is to be visited next."""

    # --- expressions ---

    def name(self, node: ast.Name) -> Iterator[Next]:
        self.use(node, "value")
        yield from ()

    def used_as(self, it: As) -> Iterator[Next]:
        if isinstance(it.node, ast.Name):
            self.use(it.node, it.role)
        else:
            yield it.node

    def target(self, it: Target) -> Iterator[Next]:
        if isinstance(it.node, ast.Name):
            self.use_as_step(it.node, it.role)
        else:
            yield it.node

    def field(self, node: ast.Field) -> Iterator[Next]:
        yield As(node.value, "plain")

    def item(self, node: ast.Item) -> Iterator[Next]:
        yield As(node.value, "plain")
        index = node.index
        parts = (index.start, index.stop, index.step) if isinstance(index, ast.Slice) else (index,)
        yield from (As(part, "plain") for part in parts if part is not None)

    def listed(self, node: ast.ListOf) -> Iterator[Next]:
        yield from node.items

    def spread(self, node: ast.Spread) -> Iterator[Next]:
        yield As(node.value, "plain")

    def table(self, node: ast.Table) -> Iterator[Next]:
        for row in node.rows[1:]:
            yield from row

    def comprehension(self, node: ast.Comprehension) -> Iterator[Next]:
        for clause in node.clauses:
            yield As(clause.iterable, "plain")
            yield Enter(node)
            yield from (Define("variable", target, node) for target in clause.targets)
            if clause.condition is not None:
                yield As(clause.condition, "plain")
        yield node.element
        yield from (Leave() for _ in node.clauses)

    def conditional(self, node: ast.Conditional) -> Iterator[Next]:
        yield node.then
        yield As(node.condition, "plain")
        yield node.otherwise

    def operands(self, node: ast.Binary | ast.Logic) -> Iterator[Next]:
        yield As(node.left, "plain")
        yield As(node.right, "plain")

    def operand(self, node: ast.Unary | ast.Not) -> Iterator[Next]:
        yield As(node.value, "plain")

    def compare(self, node: ast.Compare) -> Iterator[Next]:
        yield from node.operands

    def call(self, node: ast.Call) -> Iterator[Next]:
        yield As(node.callee, "call")
        yield from self._arguments(node.callee, node.arguments)

    def _arguments(self, callee: ast.Expr, arguments: tuple[ast.Argument, ...]) -> Iterator[Next]:
        """Arguments of ops may be tensors by position or name, and then nothing else."""
        for argument in arguments:
            role: Role = "plain" if argument.spread else "value"
            if isinstance(argument.value, ast.Name) and self.takes_tensor(callee, argument, argument.value.id):
                role = "tensor"
            yield As(argument.value, role)

    # --- shapes ---

    def shape(self, node: ast.ShapeOf) -> Iterator[Next]:
        for dim in node.dims:
            if isinstance(dim, ast.Name):
                if dim.id != "_":
                    yield As(dim, "dimension")
            else:
                yield dim

    def signature(self, node: ast.Signature) -> Iterator[Next]:
        """Unbound plain names in input shapes define sizes."""
        later: list[ast.Node] = []
        for port in node.inputs:
            for dim in port.shape.dims:
                if not isinstance(dim, ast.Name):
                    later.append(dim)
                elif dim.id != "_":
                    yield Size(dim, port)
        yield from later
        yield from (port.shape for port in node.outputs)
        yield from (Define("port", port.name, port) for port in node.inputs if port.name and not port.index)

    def size(self, it: Size) -> Iterator[Next]:
        meant = self._local(it.name.id)
        if meant is None and (of_file := self._outer(it.name.id)) is not None and _may_be_size(of_file.origin):
            meant = of_file
        if meant is None:
            yield Define("dimension", it.name, it.port)
        else:
            self.found.uses.append(Use(it.name, "dimension", meant))

    # --- flows ---

    def body(self, node: ast.Body) -> Iterator[Next]:
        yield from node.statements
        if node.flow is not None:
            yield node.flow

    def let(self, node: ast.Let | ast.Shared) -> Iterator[Next]:
        yield node.value
        yield Define("let" if isinstance(node, ast.Let) else "shared", node.name, node)

    def flow(self, node: ast.Flow) -> Iterator[Next]:
        first, *rest = node.steps
        yield First(first)
        yield from rest

    def first(self, it: First) -> Iterator[Next]:
        step = it.step
        if isinstance(step, ast.Tap):
            yield First(step.step)
            yield Define("tap", step.name, step)
        elif isinstance(step, ast.Claim):
            yield First(step.step)
            yield step.shape
        elif isinstance(step, ast.Apply) and step.arguments is None and step.branches is None:
            yield Target(step.target, "start")
        else:
            yield step

    def apply(self, node: ast.Apply) -> Iterator[Next]:
        yield Target(node.target, "step" if node.arguments is None and node.branches is None else "call")
        yield from self._arguments(node.target, node.arguments or ())
        yield from self._branches(node)

    def send(self, node: ast.Send) -> Iterator[Next]:
        yield from self._branches(node)

    def _branches(self, node: ast.Apply | ast.Send) -> Iterator[Next]:
        for branch in node.branches or ():
            if branch.label is not None:
                self.found.labels.append(Label(branch.label, node))
            yield Enter(branch)
            yield branch.flow
            yield Leave()

    def several(self, node: ast.Several) -> Iterator[Next]:
        yield node.step

    def tap(self, node: ast.Tap) -> Iterator[Next]:
        yield node.step
        yield Define("tap", node.name, node)

    def claim(self, node: ast.Claim) -> Iterator[Next]:
        yield node.step
        yield node.shape

    def choose(self, node: ast.Choose) -> Iterator[Next]:
        yield As(node.condition, "plain")
        for side in (node.then, node.otherwise):
            if side is not None:
                yield from (Enter(side, is_side=True), side, Leave(is_side=True))

    def nest(self, node: ast.Nest) -> Iterator[Next]:
        yield from (Enter(node.body), node.body, Leave())

    def each(self, node: ast.Each) -> Iterator[Next]:
        self.found.loops.append(node.body.span)
        yield As(node.iterable, "plain")
        yield Enter(node.body)
        yield from (Define("variable", target, node) for target in node.targets)
        yield from (node.body, Leave())

    def repeat(self, node: ast.Repeat) -> Iterator[Next]:
        self.found.loops.append(node.body.span)
        yield As(node.count, "plain")
        yield Enter(node.body)
        if node.index is not None:
            yield Define("variable", node.index, node)
        yield from (node.body, Leave())

    def broken(self, node: ast.Broken) -> Iterator[Next]:
        """From here on the words of the broken text may be defined."""
        for name in node.names:
            if self._local(name) is None:
                self._taps[name] = lost(name)
        yield from ()

    # --- declarations ---

    def variant(self, node: ast.Variant) -> Iterator[Next]:
        yield node.value
        if node.about is not None:
            yield node.about

    def about(self, node: ast.About) -> Iterator[Next]:
        yield from (entry.value for entry in node.entries)

    def function(self, node: ast.Function) -> Iterator[Next]:
        yield from self._params(node.params)
        yield from node.statements
        yield node.value

    def block(self, node: ast.Block) -> Iterator[Next]:
        if node.body.about is not None:
            yield node.body.about
        yield from self._params(node.params)
        yield from (As(condition, "plain") for condition in node.conditions)
        if node.signature is not None:
            yield node.signature
        yield node.body

    @staticmethod
    def _params(params: tuple[ast.Param, ...]) -> Iterator[Next]:
        """The type and domain of a parameter do not depend on others."""
        yield from (As(param.domain, "plain") for param in params if param.domain is not None)
        yield from params

    def parameter(self, node: ast.Param) -> Iterator[Next]:
        if node.default is not None:
            yield node.default
        yield Define("parameter", node.name, node)

    def check(self, node: ast.Check) -> Iterator[Next]:
        yield node.subject
        if node.signature is not None:
            yield from (Enter(node.signature), node.signature, Leave())
        if node.conditions:
            yield Figures()
            yield from node.conditions

    def figures(self, _: Figures) -> Iterator[Next]:
        self._names.update((name, figure(name)) for name in FIGURES)
        yield from ()


def _may_be_size(meant: Definition) -> bool:
    """Whether a file-level name is a value that a dimension can take, rather than a new name; unknown ones may be."""
    return meant.kind in ("let", "lost", "import")


def lost(name: str) -> Definition:
    """The definition of a name in text that could not be parsed."""
    return Definition(name, "lost")


def _nothing(_resolver: _Resolver, _node: Any) -> Iterator[Next]:
    """Literals, `?` and `...` hold no names."""
    yield from ()


_VISITS: Final[dict[type, Callable[[_Resolver, Any], Iterator[Next]]]] = {
    Enter: _Resolver.enter, Leave: _Resolver.leave, Define: _Resolver.define, Size: _Resolver.size,
    As: _Resolver.used_as, Target: _Resolver.target, First: _Resolver.first, Figures: _Resolver.figures,
    ast.Name: _Resolver.name, ast.ListOf: _Resolver.listed, ast.Spread: _Resolver.spread, ast.Table: _Resolver.table,
    ast.Comprehension: _Resolver.comprehension, ast.Conditional: _Resolver.conditional, ast.Logic: _Resolver.operands,
    ast.Binary: _Resolver.operands, ast.Not: _Resolver.operand, ast.Unary: _Resolver.operand,
    ast.Compare: _Resolver.compare, ast.Call: _Resolver.call, ast.Field: _Resolver.field, ast.Item: _Resolver.item,
    ast.ShapeOf: _Resolver.shape, ast.Signature: _Resolver.signature, ast.Param: _Resolver.parameter,
    ast.Apply: _Resolver.apply, ast.Send: _Resolver.send,
    ast.Several: _Resolver.several, ast.Tap: _Resolver.tap, ast.Claim: _Resolver.claim,
    ast.Choose: _Resolver.choose, ast.Nest: _Resolver.nest, ast.Each: _Resolver.each, ast.Repeat: _Resolver.repeat,
    ast.Flow: _Resolver.flow, ast.Body: _Resolver.body, ast.Shared: _Resolver.let, ast.Broken: _Resolver.broken,
    ast.Let: _Resolver.let, ast.Function: _Resolver.function, ast.Block: _Resolver.block,
    ast.Variant: _Resolver.variant, ast.About: _Resolver.about, ast.Check: _Resolver.check,
}  # fmt: skip
