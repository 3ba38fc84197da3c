"""Paths of the steps in a body: the part being elaborated, and the names in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from archdsl.elaborate.budget import LETTERS
from archdsl.elaborate.session import Session
from archdsl.elaborate.template import Group, Position
from archdsl.elaborate.values import Slot
from archdsl.names import Names
from archdsl.names.steps import is_residual
from archdsl.syntax import ast

_LONG: Final = 100
"""The length of a path up to which it costs nothing; few are longer."""


class Part(NamedTuple):
    """The part of a body being elaborated: the prefix and suffix of the names of its steps."""

    prefix: str = ""
    rounds: str = ""
    """The numbers of the rounds of loops in this part."""
    group: Group | None = None

    def round(self, number: int, *, is_part: bool) -> Part:
        """The part of a loop iteration. Its number is a prefix if the loop is a part of its own, else a suffix."""
        if is_part:
            return self._replace(prefix=f"{self.prefix}{number}.")
        return self._replace(rounds=f"{self.rounds}.{number}")


class Parts:
    """Keeps track of the current part, and gives paths to its steps."""

    def __init__(self, session: Session, names: Names) -> None:
        self.session = session
        self.names = names
        self.part = Part()
        self.float32 = False
        """Whether what is made stands within ``float32 { … }``."""

    def position(self, node: ast.Apply | ast.Tap, kind: str, slot: Slot | None = None) -> Position:
        """The position of an op or call, named by its tap if it has one; ``kind`` is the default name of its target."""
        word = node.name.id if isinstance(node, ast.Tap) else node.target.span.text
        is_given = isinstance(node, ast.Tap) or (slot is not None and word == slot.name)
        return Position(self._path(node), word, is_given and word != kind, self.part.group, self.float32)

    def _path(self, node: ast.Apply | ast.Tap | ast.Branch) -> str:
        # What has no name although it makes something is in a spec with mistakes, of which no graph is made.
        path = f"{self.part.prefix}{self.names.steps.steps.get(id(node), '')}{self.part.rounds}"
        if len(path) > _LONG:
            self.session.budget.charge(len(path) // LETTERS, node.span)
        return path

    def inside(self, step: ast.Apply, position: Position, number: int) -> Part:
        """The part of a branch without a label."""
        return self.part if is_residual(step) else Part(f"{position.path}.{number}.", "", self.part.group)

    def dropping(self, step: ast.Apply, joining: Position) -> Position:
        """The position of the ``drop_path`` of a residual; with a name of its own, it lies next to the branch."""
        name = self.names.steps.drops.get(id(step))
        path = f"{joining.path}.drop_path" if name is None else f"{self.part.prefix}{name}{self.part.rounds}"
        return Position(path, "drop_path", False, joining.group, self.float32)

    @contextmanager
    def precise(self) -> Iterator[None]:
        """Steps made inside compute in float32."""
        outer, self.float32 = self.float32, True
        try:
            yield
        finally:
            self.float32 = outer

    @contextmanager
    def tapped(self, tap: ast.Tap | None) -> Iterator[None]:
        """Steps made inside belong to the tap's group; without a tap, to the current part."""
        outer = self.part
        if tap is not None:
            path = self._path(tap)
            self.part = Part(f"{path}.", "", Group(tap.name.id, path, tap.step.span, outer.group))
        try:
            yield
        finally:
            self.part = outer

    @contextmanager
    def branch(self, branch: ast.Branch, unnamed: Part, number: int | None = None) -> Iterator[None]:
        """Steps made inside belong to a branch; with a number, to one of the branches that it stands for.

        ``unnamed`` is the part of a branch without a label.
        """
        outer, tail = self.part, "" if number is None else f".{number}"
        if branch.label is None:
            self.part = unnamed if number is None else unnamed.round(number, is_part=True)
        else:
            path = f"{self._path(branch)}{tail}"
            self.part = Part(f"{path}.", "", Group(f"{branch.label.id}{tail}", path, branch.span, outer.group))
        try:
            yield
        finally:
            self.part = outer
