"""Scopes during resolution: bodies are entered and left, inner definitions shadow outer ones, taps come last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from archdsl.names.figures import holds_no_step, is_figure
from archdsl.names.language import built_in
from archdsl.names.model import Definition, Found, Kind, Repeat, Role, Use
from archdsl.ops.registry import OPS
from archdsl.syntax import ast

_HIDING: Final = frozenset({"let", "shared", "tap", "port"})
"""What may not be taken for something of the file or the language: unlike parameters and variables, which say what they
are in the line that is read.
"""


class Enter(NamedTuple):
    """The start of a body; ``is_side`` if it is elaborated only under a condition."""

    body: ast.Node
    is_side: bool = False


class Leave(NamedTuple):
    is_side: bool = False


class Define(NamedTuple):
    kind: Kind
    name: ast.Name
    node: ast.Node


class Size(NamedTuple):
    """A plain name in an input shape."""

    name: ast.Name
    port: ast.Port


class First(NamedTuple):
    """The first step of a flow."""

    step: ast.Step


class Figures(NamedTuple):
    """From here on the names of measures are in scope."""


class As(NamedTuple):
    """An expression with the way in which its value is used if it is a name."""

    node: ast.Node
    role: Role


class Target(NamedTuple):
    """The target of a step."""

    node: ast.Expr
    role: Role


Next: TypeAlias = ast.Node | Enter | Leave | Define | Size | First | Figures | As | Target
"""What is looked at next: a node of the AST, or what is done between two."""


class Scopes:
    """The definitions in scope in one declaration, and the resolved names."""

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
        """A number or a string hides no op where a step is expected."""
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

    def define(self, new: Define) -> Iterator[Next]:
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
        """What a name would mean without the body's definition; a number, string or list is no step."""
        hidden = self._outer(name)
        is_let = hidden is not None and hidden.origin.kind in ("let", "import")
        return None if isinstance(node, ast.Let) and not is_let and holds_no_step(node, self._meant) else hidden

    def enter(self, body: Enter) -> Iterator[Next]:
        self._marks.append(len(self._undo))
        self._ends.append(body.body.span.end)
        if body.is_side:
            self._last_side += 1
            self._sides[self._last_side] = self._last_side
        yield from ()

    def leave(self, body: Leave) -> Iterator[Next]:
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

    def takes_tensor(self, callee: ast.Expr, argument: ast.Argument, value: str) -> bool:
        """Whether an argument is certainly a tensor; asked on demand only, as it imports the op."""
        given = self._local(value)
        if given is None or given.hides is None or not isinstance(callee, ast.Name):
            return False
        called = self._meant(callee.id)
        if called is None or called.kind != "op":
            return False
        op = OPS[called.name]
        return op.joins if argument.name is None else argument.name.id in op.tensors
