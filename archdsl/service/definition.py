"""Go to definition, also in imported files."""

from __future__ import annotations

from archdsl.names import Definition
from archdsl.service.analysis import Analysis
from archdsl.service.symbol import symbol
from archdsl.source import Span


def definition(analysis: Analysis, offset: int) -> tuple[Span, ...]:
    """The definitions of the word at a place: none for built-in names, several for a tap in both sides of an `if`."""
    found = symbol(analysis, offset)
    if found is None:
        return ()
    if found.module is not None:
        return (Span(found.module, 0, 0),)
    return places(found.definition) if found.definition is not None else ()


def places(found: Definition) -> tuple[Span, ...]:
    """The places of a definition; of an import, those of the imported definition."""
    return tuple(place.span for place in found.origin.places)
