"""Growing selections: the word, then the enclosing constructs, one after the other."""

from __future__ import annotations

from archdsl.service.analysis import Analysis
from archdsl.service.nodes import path
from archdsl.service.symbol import word
from archdsl.source import Span


def selections(analysis: Analysis, offset: int) -> tuple[Span, ...]:
    """From the innermost to the whole text, each within the next."""
    found: list[Span] = []
    token = word(analysis, offset)
    if token is not None and token.type != "NEWLINE":
        found.append(analysis.span(token.start, token.end))
    declaration = analysis.declaration(offset)
    if declaration is not None:
        found += [node.span for node in reversed(path(declaration, offset))]
    found.append(analysis.span(0, len(analysis.text)))
    kept: list[Span] = []
    for span in found:
        if not kept or (span.holds(kept[-1]) and span != kept[-1]):
            kept.append(span)
    return tuple(kept)
