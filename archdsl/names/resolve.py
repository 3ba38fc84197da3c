"""Binds the names in one declaration: every use to its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.names.figures import holds_no_step, is_figure
from archdsl.names.language import FIGURES, built_in, figure
from archdsl.names.model import Definition, Found, Kind, Label, Repeat, Role, Use
from archdsl.ops.registry import OPS
from archdsl.syntax import ast

_HIDING: Final = frozenset({"let", "shared", "tap", "port"})
"""What may not be taken for something of the file or the language: unlike parameters and variables, which say what they
are in the line that is read.
"""


class _Enter(NamedTuple):
    """A body begins; ``is_side`` if it is elaborated only under a condition."""

    body: ast.Node
    is_side: bool = False


class _Leave(NamedTuple):
    is_side: bool = False


class _Define(NamedTuple):
    kind: Kind
    name: ast.Name
    node: ast.Node


class _Size(NamedTuple):
    """A plain name in the shape of an input."""

    name: ast.Name
    port: ast.Port


class _First(NamedTuple):
    """The first step of a flow."""

    step: ast.Step


class _Figures(NamedTuple):
    """From here on the figures of a model have names."""


class _As(NamedTuple):
    """An expression whose value is used in a certain way if it is a name."""

    node: ast.Node
    role: Role


class _Target(NamedTuple):
    """What a step calls."""

    node: ast.Expr
    role: Role


_Next: TypeAlias = ast.Node | _Enter | _Leave | _Define | _Size | _First | _Figures | _As | _Target


def resolve(declaration: ast.Declaration, outer: Callable[[str], Definition | None]) -> Found:
    """Binds what is in a declaration. ``outer`` says what a name means in the file.

    In time proportional to the text, without recursion: hostile files nest deeply.
    """
    resolver = _Resolver(outer, declaration.span.end)
    pending: list[_Next] = [declaration.value if isinstance(declaration, ast.Let) else declaration]
    while pending:
        node = pending.pop()
        pending.extend(reversed([*_VISITS.get(node.__class__, _nothing)(resolver, node)]))
    return resolver.found


class _Resolver:
    def __init__(self, outer: Callable[[str], Definition | None], end: int) -> None:
        self.found = Found()
        self._outer = outer
        self._names: dict[str, Definition] = {}
        """What bodies and loops bind, while they last."""
        self._undo: list[tuple[str, Definition | None]] = []
        self._marks: list[int] = []
        self._ends = [end]
        """Where the bodies end that are open."""
        self._taps: dict[str, Definition] = {}
        """Taps last to the end of the block."""
        self._sides = {0: 0}
        """The sides of conditions that are open, the innermost last."""
        self._last_side = 0
        self._tapped_in: dict[Definition, int] = {}

    # --- names ---

    def use(self, name: ast.Name, role: Role) -> None:
        self.found.uses.append(Use(name, role, self._meant(name.id)))

    def use_as_step(self, name: ast.Name, role: Role) -> None:
        """A number or a string hides no op where a step is meant."""
        found, op = self._local(name.id), built_in(name.id)
        if found is not None and op is not None and is_figure(found, self._meant):
            self.found.uses.append(Use(name, role, op))
        else:
            self.use(name, role)

    def _meant(self, name: str) -> Definition | None:
        return self._local(name) or self._outer(name)

    def _local(self, name: str) -> Definition | None:
        return self._names.get(name) or self._taps.get(name)

    def _bind(self, definition: Definition) -> None:
        self._undo.append((definition.name, self._names.get(definition.name)))
        self._names[definition.name] = definition

    def define(self, new: _Define) -> Iterator[_Next]:
        kind, name, node = new
        nearest, tap = self._names.get(name.id), self._taps.get(name.id)
        if kind == "tap":
            self.found.taps.append(name)
        if nearest is None and tap is not None and self._tapped_in.get(tap) in self._sides:
            nearest = tap
        if kind == "variable" and tap is not None and tap.kind != "lost":
            nearest = nearest or tap
        if nearest is not None and name.id != "_":
            (self.found.shadowed if kind == "variable" else self.found.repeated).append(Repeat(name, nearest))
        if kind == "tap" and tap is not None and nearest in (None, tap):
            tap.places.append(name)
            return
        definition = Definition(name.id, kind, node, name)
        definition.until = self._ends[0 if kind == "tap" else -1]
        if kind in _HIDING:
            definition.hides = self._hidden(name.id, node)
        self.found.definitions.append(definition)
        if kind == "tap":
            self._taps[name.id] = definition
            self._tapped_in[definition] = next(reversed(self._sides))
        if kind != "tap" or nearest is not None:
            self._bind(definition)
        yield from ()

    def _hidden(self, name: str, node: ast.Node) -> Definition | None:
        """What a name would mean if the body did not give it; no step where a number, a string or a list stands."""
        hidden = self._outer(name)
        is_let = hidden is not None and hidden.origin.kind in ("let", "import")
        return None if isinstance(node, ast.Let) and not is_let and holds_no_step(node, self._meant) else hidden

    def enter(self, body: _Enter) -> Iterator[_Next]:
        self._marks.append(len(self._undo))
        self._ends.append(body.body.span.end)
        if body.is_side:
            self._last_side += 1
            self._sides[self._last_side] = self._last_side
        yield from ()

    def leave(self, body: _Leave) -> Iterator[_Next]:
        mark = self._marks.pop()
        self._ends.pop()
        while len(self._undo) > mark:
            name, before = self._undo.pop()
            if before is None:
                del self._names[name]
            else:
                self._names[name] = before
        if body.is_side:
            self._sides.popitem()
        yield from ()

    # --- expressions ---

    def name(self, node: ast.Name) -> Iterator[_Next]:
        self.use(node, "value")
        yield from ()

    def used_as(self, it: _As) -> Iterator[_Next]:
        if isinstance(it.node, ast.Name):
            self.use(it.node, it.role)
        else:
            yield it.node

    def target(self, it: _Target) -> Iterator[_Next]:
        if isinstance(it.node, ast.Name):
            self.use_as_step(it.node, it.role)
        else:
            yield it.node

    def field(self, node: ast.Field) -> Iterator[_Next]:
        yield _As(node.value, "plain")

    def item(self, node: ast.Item) -> Iterator[_Next]:
        yield _As(node.value, "plain")
        index = node.index
        parts = (index.start, index.stop, index.step) if isinstance(index, ast.Slice) else (index,)
        yield from (_As(part, "plain") for part in parts if part is not None)

    def listed(self, node: ast.ListOf) -> Iterator[_Next]:
        yield from node.items

    def spread(self, node: ast.Spread) -> Iterator[_Next]:
        yield _As(node.value, "plain")

    def table(self, node: ast.Table) -> Iterator[_Next]:
        for row in node.rows[1:]:
            yield from row

    def comprehension(self, node: ast.Comprehension) -> Iterator[_Next]:
        yield _As(node.iterable, "plain")
        yield _Enter(node)
        yield from (_Define("variable", target, node) for target in node.targets)
        if node.condition is not None:
            yield _As(node.condition, "plain")
        yield node.element
        yield _Leave()

    def conditional(self, node: ast.Conditional) -> Iterator[_Next]:
        yield node.then
        yield _As(node.condition, "plain")
        yield node.otherwise

    def operands(self, node: ast.Binary | ast.Logic) -> Iterator[_Next]:
        yield _As(node.left, "plain")
        yield _As(node.right, "plain")

    def operand(self, node: ast.Unary | ast.Not) -> Iterator[_Next]:
        yield _As(node.value, "plain")

    def compare(self, node: ast.Compare) -> Iterator[_Next]:
        yield from node.operands

    def call(self, node: ast.Call) -> Iterator[_Next]:
        yield _As(node.callee, "call")
        yield from self._arguments(node.callee, node.arguments)

    def _arguments(self, callee: ast.Expr, arguments: tuple[ast.Argument, ...]) -> Iterator[_Next]:
        """Those of ops may be tensors by their position or name, and then can be nothing else."""
        for argument in arguments:
            role: Role = "plain" if argument.spread else "value"
            if isinstance(argument.value, ast.Name) and self._takes_tensor(callee, argument, argument.value.id):
                role = "tensor"
            yield _As(argument.value, role)

    def _takes_tensor(self, callee: ast.Expr, argument: ast.Argument, value: str) -> bool:
        """Whether an argument is a tensor for certain; asked only where it matters, as it imports the op."""
        given = self._local(value)
        if given is None or given.hides is None or not isinstance(callee, ast.Name):
            return False
        called = self._meant(callee.id)
        if called is None or called.kind != "op":
            return False
        op = OPS[called.name]
        return op.joins if argument.name is None else argument.name.id in op.tensors

    # --- shapes ---

    def shape(self, node: ast.ShapeOf) -> Iterator[_Next]:
        for dim in node.dims:
            if isinstance(dim, ast.Name):
                if dim.id != "_":
                    yield _As(dim, "dimension")
            else:
                yield dim

    def signature(self, node: ast.Signature) -> Iterator[_Next]:
        """Plain names in input shapes are the sizes in their places, if they mean nothing else."""
        later: list[ast.Node] = []
        for port in node.inputs:
            for dim in port.shape.dims:
                if not isinstance(dim, ast.Name):
                    later.append(dim)
                elif dim.id != "_":
                    yield _Size(dim, port)
        yield from later
        yield from (port.shape for port in node.outputs)
        yield from (_Define("port", port.name, port) for port in node.inputs if port.name)

    def size(self, it: _Size) -> Iterator[_Next]:
        meant = self._local(it.name.id)
        if meant is None and (of_file := self._outer(it.name.id)) is not None and _may_be_size(of_file.origin):
            meant = of_file
        if meant is None:
            yield _Define("dimension", it.name, it.port)
        else:
            self.found.uses.append(Use(it.name, "dimension", meant))

    # --- flows ---

    def body(self, node: ast.Body) -> Iterator[_Next]:
        yield from node.statements
        if node.flow is not None:
            yield node.flow

    def let(self, node: ast.Let | ast.Shared) -> Iterator[_Next]:
        yield node.value
        yield _Define("let" if isinstance(node, ast.Let) else "shared", node.name, node)

    def flow(self, node: ast.Flow) -> Iterator[_Next]:
        first, *rest = node.steps
        yield _First(first)
        yield from rest

    def first(self, it: _First) -> Iterator[_Next]:
        step = it.step
        if isinstance(step, ast.Tap):
            yield _First(step.step)
            yield _Define("tap", step.name, step)
        elif isinstance(step, ast.Claim):
            yield _First(step.step)
            yield step.shape
        elif isinstance(step, ast.Apply) and step.arguments is None and step.branches is None:
            yield _Target(step.target, "start")
        else:
            yield step

    def apply(self, node: ast.Apply) -> Iterator[_Next]:
        yield _Target(node.target, "step" if node.arguments is None and node.branches is None else "call")
        yield from self._arguments(node.target, node.arguments or ())
        yield from self._branches(node)

    def send(self, node: ast.Send) -> Iterator[_Next]:
        yield from self._branches(node)

    def _branches(self, node: ast.Apply | ast.Send) -> Iterator[_Next]:
        for branch in node.branches or ():
            if branch.label is not None:
                self.found.labels.append(Label(branch.label, node))
            yield _Enter(branch)
            yield branch.flow
            yield _Leave()

    def tap(self, node: ast.Tap) -> Iterator[_Next]:
        yield node.step
        yield _Define("tap", node.name, node)

    def claim(self, node: ast.Claim) -> Iterator[_Next]:
        yield node.step
        yield node.shape

    def choose(self, node: ast.Choose) -> Iterator[_Next]:
        yield _As(node.condition, "plain")
        for side in (node.then, node.otherwise):
            if side is not None:
                yield from (_Enter(side, is_side=True), side, _Leave(is_side=True))

    def nest(self, node: ast.Nest) -> Iterator[_Next]:
        yield from (_Enter(node.body), node.body, _Leave())

    def each(self, node: ast.Each) -> Iterator[_Next]:
        self.found.loops.append(node.body.span)
        yield _As(node.iterable, "plain")
        yield _Enter(node.body)
        yield from (_Define("variable", target, node) for target in node.targets)
        yield from (node.body, _Leave())

    def repeat(self, node: ast.Repeat) -> Iterator[_Next]:
        self.found.loops.append(node.body.span)
        yield _As(node.count, "plain")
        yield _Enter(node.body)
        if node.index is not None:
            yield _Define("variable", node.index, node)
        yield from (node.body, _Leave())

    def broken(self, node: ast.Broken) -> Iterator[_Next]:
        """From here on its words may be defined, whatever was meant."""
        for name in node.names:
            if self._local(name) is None:
                self._taps[name] = lost(name)
        yield from ()

    # --- declarations ---

    def variant(self, node: ast.Variant) -> Iterator[_Next]:
        yield node.value
        if node.about is not None:
            yield node.about

    def about(self, node: ast.About) -> Iterator[_Next]:
        yield from (entry.value for entry in node.entries)

    def function(self, node: ast.Function) -> Iterator[_Next]:
        yield from node.params
        yield node.value

    def block(self, node: ast.Block) -> Iterator[_Next]:
        if node.body.about is not None:
            yield node.body.about
        yield from node.params
        if node.signature is not None:
            yield node.signature
        yield node.body

    def parameter(self, node: ast.Param) -> Iterator[_Next]:
        if node.default is not None:
            yield node.default
        yield _Define("parameter", node.name, node)

    def check(self, node: ast.Check) -> Iterator[_Next]:
        yield node.subject
        if node.signature is not None:
            yield from (_Enter(node.signature), node.signature, _Leave())
        if node.conditions:
            yield _Figures()
            yield from node.conditions

    def figures(self, _: _Figures) -> Iterator[_Next]:
        self._names.update((name, figure(name)) for name in FIGURES)
        yield from ()


def _may_be_size(meant: Definition) -> bool:
    """Whether a name of the file is a value that a dimension takes, and no new name; what was not found may be."""
    return meant.kind in ("let", "lost", "import")


def lost(name: str) -> Definition:
    """What a name means that stands in text that could not be read."""
    return Definition(name, "lost")


def _nothing(_resolver: _Resolver, _node: Any) -> Iterator[_Next]:
    """Literals, `?` and `...` hold no names."""
    yield from ()


_VISITS: Final[dict[type, Callable[[_Resolver, Any], Iterator[_Next]]]] = {
    _Enter: _Resolver.enter, _Leave: _Resolver.leave, _Define: _Resolver.define, _Size: _Resolver.size,
    _As: _Resolver.used_as, _Target: _Resolver.target, _First: _Resolver.first, _Figures: _Resolver.figures,
    ast.Name: _Resolver.name, ast.ListOf: _Resolver.listed, ast.Spread: _Resolver.spread, ast.Table: _Resolver.table,
    ast.Comprehension: _Resolver.comprehension, ast.Conditional: _Resolver.conditional, ast.Logic: _Resolver.operands,
    ast.Binary: _Resolver.operands, ast.Not: _Resolver.operand, ast.Unary: _Resolver.operand,
    ast.Compare: _Resolver.compare, ast.Call: _Resolver.call, ast.Field: _Resolver.field, ast.Item: _Resolver.item,
    ast.ShapeOf: _Resolver.shape, ast.Signature: _Resolver.signature, ast.Param: _Resolver.parameter,
    ast.Apply: _Resolver.apply, ast.Send: _Resolver.send, ast.Tap: _Resolver.tap, ast.Claim: _Resolver.claim,
    ast.Choose: _Resolver.choose, ast.Nest: _Resolver.nest, ast.Each: _Resolver.each, ast.Repeat: _Resolver.repeat,
    ast.Flow: _Resolver.flow, ast.Body: _Resolver.body, ast.Shared: _Resolver.let, ast.Broken: _Resolver.broken,
    ast.Let: _Resolver.let, ast.Function: _Resolver.function, ast.Block: _Resolver.block,
    ast.Variant: _Resolver.variant, ast.About: _Resolver.about, ast.Check: _Resolver.check,
}  # fmt: skip
