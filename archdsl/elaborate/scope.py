"""Scopes of names: inside a block, over its module, over the language's built-in names."""

from __future__ import annotations

from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.module import MISSING, Module
from archdsl.elaborate.session import Session
from archdsl.elaborate.values import Value


class Scope:
    """The names of one body."""

    __slots__ = ("_taps", "module", "names", "parent", "session", "tapped")

    def __init__(
        self, session: Session, module: Module, parent: Scope | None = None, *, holds_taps: bool = False
    ) -> None:
        self.session = session
        self.module = module
        self.parent = parent
        self.names: dict[str, Value] = {}
        self._taps = None if parent is None or holds_taps else parent.taps
        self.tapped: dict[str, Value] = {}

    @property
    def taps(self) -> Scope:
        """The scope that taps are bound in: that of the block or of the loop iteration around the body."""
        return self._taps or self

    def inner(self, *, holds_taps: bool = False) -> Scope:
        return Scope(self.session, self.module, self, holds_taps=holds_taps)

    def local(self, name: str) -> Value:
        """The value of a name of the block itself, or ``MISSING``."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            if name in scope.tapped:
                return scope.tapped[name]
            scope = scope.parent
        return MISSING

    def defines(self, name: str) -> bool:
        """Whether the block or the module binds a name."""
        return self.local(name) is not MISSING or self.module.find(name) is not MISSING

    def find(self, name: str) -> Value:
        """The value of a name: the block's, the module's, or the language's; ``MISSING`` if there is none."""
        value = self.local(name)
        if value is MISSING:
            value = self.module.find(name)
        return LANGUAGE.get(name, MISSING) if value is MISSING else value
