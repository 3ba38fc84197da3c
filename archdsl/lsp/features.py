"""What is answered to each request about a document. Each gives plain values of the protocol, or ``None``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from archdsl.lsp import convert, diagram
from archdsl.lsp.documents import Document, Documents
from archdsl.service import completion, definition, formatting, hover, symbols

Params: TypeAlias = dict[str, Any]
Feature: TypeAlias = Callable[[Documents, Document, Params], Any]


def _hover(documents: Documents, document: Document, params: Params) -> Any:
    found = hover.hover(document.analysis, documents.offset(document, params["position"]))
    if found is None:
        return None
    return {"contents": convert.markdown(found.text), "range": documents.range(found.span)}


def _completion(documents: Documents, document: Document, params: Params) -> Any:
    offset = documents.offset(document, params["position"])
    found = completion.complete(document.analysis, offset)
    items = [convert.completion(documents, each, number) for number, each in enumerate(found)]
    for item in items:
        item["data"] = {"uri": document.uri, "offset": offset}
    return {"isIncomplete": False, "items": items}


def resolve(document: Document, item: Params) -> Any:
    """A completion with its documentation, which is not sent with all of them."""
    found = completion.complete(document.analysis, item["data"]["offset"])
    chosen = next((each for each in found if each.label == item["label"]), None)
    if chosen is not None and chosen.definition is not None:
        text = completion.documentation(document.analysis, chosen.definition)
        return item | {"documentation": convert.markdown(text)}
    return item


def _definition(documents: Documents, document: Document, params: Params) -> Any:
    found = definition.definition(document.analysis, documents.offset(document, params["position"]))
    return [documents.location(span) for span in found]


def _symbols(documents: Documents, document: Document, _: Params) -> Any:
    return [convert.symbol(documents, each) for each in symbols.symbols(document.analysis)]


def _formatting(documents: Documents, document: Document, _: Params) -> Any:
    return convert.edits(documents, formatting.formatted(document.analysis))


def _range_formatting(documents: Documents, document: Document, params: Params) -> Any:
    start, end = (documents.offset(document, params["range"][side]) for side in ("start", "end"))
    return convert.edits(documents, formatting.formatted_range(document.analysis, start, end))


def _on_type_formatting(documents: Documents, document: Document, params: Params) -> Any:
    offset = documents.offset(document, params["position"])
    return convert.edits(documents, formatting.formatted_typing(document.analysis, offset))


FEATURES: Final[dict[str, Feature]] = {
    "archdsl/diagram": diagram.of,
    "textDocument/hover": _hover,
    "textDocument/completion": _completion,
    "textDocument/definition": _definition,
    "textDocument/documentSymbol": _symbols,
    "textDocument/formatting": _formatting,
    "textDocument/rangeFormatting": _range_formatting,
    "textDocument/onTypeFormatting": _on_type_formatting,
}
"""The methods that are about one document."""

CAPABILITIES: Final[dict[str, Any]] = {
    "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
    "hoverProvider": True,
    "completionProvider": {"triggerCharacters": [".", "(", " ", ">", "["], "resolveProvider": True},
    "definitionProvider": True,
    "documentSymbolProvider": True,
    "documentFormattingProvider": True,
    "documentRangeFormattingProvider": True,
    "documentOnTypeFormattingProvider": {"firstTriggerCharacter": "}"},
}
"""What the server says of itself."""
