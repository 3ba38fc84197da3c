"""The exception that carries diagnostics."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.diagnostics.model import Diagnostic


class ArchError(Exception):
    """Raised by the public API when a spec has errors; ``diagnostics`` holds all of them, in the order of the source.

    >>> import archdsl
    >>> try:
    ...     archdsl.load_text("model M :: [8] -> [4] { dense(3) }")
    ... except archdsl.ArchError as error:
    ...     print(error.diagnostics[0].code)
    contract-broken
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from archdsl.diagnostics.terminal import render_all

        return "\n" + render_all(self.diagnostics, colour=False)
