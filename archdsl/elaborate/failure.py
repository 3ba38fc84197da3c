"""Exceptions that end an evaluation: mistakes found, mistakes reported already, or a limit reached."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue.limits import NestedTooDeeply
from archdsl.source import Span


class Failure(Exception):
    """User errors that end the evaluation of one expression or step."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*(d.code for d in diagnostics))
        self.diagnostics = diagnostics


class Silence(Failure):
    """An evaluation failed because of mistakes reported already."""

    def __init__(self) -> None:
        super().__init__()


class Exhausted(Exception):
    """A limit was reached. It ends the compilation: nothing may catch it and go on."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.code)
        self.diagnostics: tuple[Diagnostic, ...] = (diagnostic,)


def too_deep(span: Span) -> Diagnostic:
    """The diagnostic for nesting so deep that Python's stack overflows."""
    return NestedTooDeeply(span=span, most="the compiler can follow")
