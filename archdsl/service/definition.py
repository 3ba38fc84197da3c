"""Where what the word at a place means is defined, also in files that are imported."""

from __future__ import annotations

from archdsl.names import Definition
from archdsl.service.analysis import Analysis
from archdsl.service.symbol import symbol
from archdsl.source import Span


def definition(analysis: Analysis, offset: int) -> tuple[Span, ...]:
    """The places where it is defined: none for the language's own names, several for a tap in each side of an `if`."""
    found = symbol(analysis, offset)
    if found is None:
        return ()
    if found.module is not None:
        return (Span(found.module, 0, 0),)
    return places(found.definition) if found.definition is not None else ()


def places(found: Definition) -> tuple[Span, ...]:
    """Where a definition is written; of an import, what is imported."""
    return tuple(place.span for place in found.origin.places)
