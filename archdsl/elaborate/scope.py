"""Where names have their values: scopes inside a block, over its module, over the language's own names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue.limits import NestedTooDeeply
from archdsl.elaborate.builtins import LANGUAGE
from archdsl.elaborate.values import Value
from archdsl.source import Span

if TYPE_CHECKING:
    from archdsl.elaborate.modules import Module
    from archdsl.elaborate.session import Session

EXPLAINED: Final = 50
"""Problems after which nobody reads suggestions, each of which takes milliseconds to find."""


class Failure(Exception):
    """Mistakes of the user's that end the evaluation of one expression or step."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*(d.code for d in diagnostics))
        self.diagnostics = diagnostics


class Silence(Failure):
    """Something failed because of what was reported already."""

    def __init__(self) -> None:
        super().__init__()


class Exhausted(Exception):
    """A limit was reached. The compilation ends, wherever it is: nothing on the way may go on."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.code)
        self.diagnostics: tuple[Diagnostic, ...] = (diagnostic,)


def too_deep(span: Span) -> Diagnostic:
    """The diagnostic for what nests so deeply that Python's stack ends."""
    return NestedTooDeeply(span=span, most="the compiler can follow")


MISSING = object()


class Scope:
    """Names of one body. Taps go to ``taps``: the scope of the block or of the loop iteration around the body."""

    __slots__ = ("module", "names", "parent", "tapped", "taps")

    def __init__(self, module: Module, parent: Scope | None = None, *, holds_taps: bool = False) -> None:
        self.module = module
        self.parent = parent
        self.names: dict[str, Value] = {}
        self.taps: Scope = self if parent is None or holds_taps else parent.taps
        self.tapped: dict[str, Value] = {}

    @property
    def session(self) -> Session:
        return self.module.session

    def inner(self, *, holds_taps: bool = False) -> Scope:
        return Scope(self.module, self, holds_taps=holds_taps)

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

    def find(self, name: str) -> Value:
        """The value of a name: the block's, the module's, or the language's; ``MISSING`` if there is none."""
        value = self.local(name)
        if value is MISSING:
            value = self.module.find(name)
        return LANGUAGE.get(name, MISSING) if value is MISSING else value

    def own(self) -> Iterator[str]:
        """The names of the block, nearest first."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            yield from scope.tapped
            scope = scope.parent

    def visible(self) -> Iterator[str]:
        """Every name that could be meant, nearest first."""
        yield from self.own()
        yield from self.module.names.declared
        yield from LANGUAGE
