"""Handlers of call hierarchy requests: a definition is identified by the place of its name."""

from __future__ import annotations

from typing import Any, Final

from archdsl.lsp import convert
from archdsl.lsp.documents import Document, Documents
from archdsl.lsp.features import Feature, Params
from archdsl.service import hierarchy
from archdsl.service.lines import Position
from archdsl.source import Span


def _prepare(documents: Documents, document: Document, params: Params) -> Any:
    found = hierarchy.item(document.analysis, documents.offset(document, params["position"]))
    return [_item(documents, document, found)] if found is not None else None


def incoming(documents: Documents, document: Document, item: Params) -> Any:
    """The calls of an item."""
    span = _span(documents, document, item)
    others = [each.analysis for each in documents.project(document)]
    found = hierarchy.calls_to(document.analysis, span, others) if span is not None else ()
    return [
        {"from": _item(documents, document, edge.item), "fromRanges": [documents.range(each) for each in edge.places]}
        for edge in found
    ]


def outgoing(documents: Documents, document: Document, item: Params) -> Any:
    """The calls within an item."""
    span = _span(documents, document, item)
    found = hierarchy.calls_from(document.analysis, span) if span is not None else ()
    return [
        {"to": _item(documents, document, edge.item), "fromRanges": [documents.range(each) for each in edge.places]}
        for edge in found
    ]


def _item(documents: Documents, document: Document, found: hierarchy.Item) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": convert.SYMBOLS[found.kind],
        "uri": documents.uri_of(found.span.source),
        "range": documents.range(found.span),
        "selectionRange": documents.range(found.name_span),
        "data": {"uri": document.uri},
    }


def _span(documents: Documents, document: Document, item: Params) -> Span | None:
    """The span of an item's name in a file that a document has read."""
    for module in document.analysis.program.modules:
        if documents.uri_of(module.source) == item["uri"]:
            lines, place = documents.lines(module.source), item["selectionRange"]["start"]
            offset = lines.offset(Position(place["line"], place["character"]))
            return Span(module.source, offset, offset)
    return None


FEATURES: Final[dict[str, Feature]] = {"textDocument/prepareCallHierarchy": _prepare}
CALLS: Final[dict[str, Feature]] = {
    "callHierarchy/incomingCalls": incoming,
    "callHierarchy/outgoingCalls": outgoing,
}
"""The questions about an item, whose data say which document it was asked for in."""
