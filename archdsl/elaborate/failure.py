"""How an evaluation ends early: with mistakes that were found, with what was reported already, or at a limit."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue.limits import NestedTooDeeply
from archdsl.source import Span


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
