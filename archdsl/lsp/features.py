"""Handlers of queries about a document. Each returns plain values of the protocol, or ``None``."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from archdsl.lsp import convert
from archdsl.lsp.documents import Document, Documents
from archdsl.service import (
    completion,
    definition,
    folding,
    hints,
    hover,
    lenses,
    references,
    selection,
    signatures,
    symbols,
    tokens,
)
from archdsl.service.lines import Position

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


def resolve_completion(_: Documents, document: Document, item: Params) -> Any:
    """A completion with its documentation, which is sent on demand."""
    found = completion.complete(document.analysis, item["data"]["offset"])
    chosen = next((each for each in found if each.label == item["label"]), None)
    if chosen is not None and chosen.definition is not None:
        text = completion.documentation(document.analysis, chosen.definition)
        return item | {"documentation": convert.markdown(text)}
    return item


def _signature(documents: Documents, document: Document, params: Params) -> Any:
    found = signatures.signature(document.analysis, documents.offset(document, params["position"]))
    if found is None:
        return None
    shown = {
        "label": found.label,
        "documentation": convert.markdown(found.text),
        "parameters": [
            {"label": part} | ({"documentation": convert.markdown(note)} if note else {})
            for part, note in zip_longest(found.parts, found.notes, fillvalue="")
        ],
    }
    active = found.active if found.active >= 0 else len(found.parts)
    return {"signatures": [shown], "activeSignature": 0, "activeParameter": active}


def _definition(documents: Documents, document: Document, params: Params) -> Any:
    found = definition.definition(document.analysis, documents.offset(document, params["position"]))
    return [documents.location(span) for span in found]


def _references(documents: Documents, document: Document, params: Params) -> Any:
    offset = documents.offset(document, params["position"])
    found = references.references(document.analysis, offset)
    if found is None:
        return []
    others = [each.analysis for each in documents.project(document)]
    spans = references.everywhere(document.analysis, found, others)
    if not (params.get("context") or {}).get("includeDeclaration", True):
        own = {(span.source.identity, span.start) for span in found.definitions}
        spans = tuple(span for span in spans if (span.source.identity, span.start) not in own)
    return [documents.location(span) for span in spans]


def _highlights(documents: Documents, document: Document, params: Params) -> Any:
    found = references.references(document.analysis, documents.offset(document, params["position"]))
    places = found.places if found is not None else ()
    return [{"range": documents.range(span)} for span in places if span.source is document.analysis.source]


def _symbols(documents: Documents, document: Document, _: Params) -> Any:
    return [convert.symbol(documents, each) for each in symbols.symbols(document.analysis)]


def _folds(_: Documents, document: Document, __: Params) -> Any:
    return [
        {"startLine": fold.first, "endLine": fold.last} | ({"kind": fold.kind} if fold.kind else {})
        for fold in folding.folds(document.analysis)
    ]


def _selections(documents: Documents, document: Document, params: Params) -> Any:
    made: list[Any] = []
    for position in params["positions"]:
        around: Any = None
        for span in reversed(selection.selections(document.analysis, documents.offset(document, position))):
            around = {"range": documents.range(span)} | ({"parent": around} if around is not None else {})
        made.append(around)
    return made


def _tokens(documents: Documents, document: Document, _: Params) -> Any:
    return {"data": _encoded(documents, document, tokens.coloured(document.analysis))}


def _tokens_in_range(documents: Documents, document: Document, params: Params) -> Any:
    start, end = (documents.offset(document, params["range"][side]) for side in ("start", "end"))
    found = (each for each in tokens.coloured(document.analysis) if each.end >= start and each.start <= end)
    return {"data": _encoded(documents, document, tuple(found))}


def _encoded(documents: Documents, document: Document, found: tuple[tokens.Coloured, ...]) -> list[int]:
    """Five integers per token, with relative lines and characters."""
    lines = documents.lines(document.analysis.source)
    data: list[int] = []
    last = Position(0, 0)
    for each in found:
        start, end = lines.position(each.start), lines.position(each.end)
        if end.line != start.line or end.character == start.character:
            continue
        character = start.character - last.character if start.line == last.line else start.character
        bits = sum(1 << tokens.MODIFIERS.index(modifier) for modifier in each.modifiers)
        kind = tokens.KINDS.index(each.kind)
        data += (start.line - last.line, character, end.character - start.character, kind, bits)
        last = start
    return data


def _hints(documents: Documents, document: Document, params: Params) -> Any:
    start, end = (documents.offset(document, params["range"][side]) for side in ("start", "end"))
    return [
        {
            "position": documents.position(document, hint.offset),
            "label": hint.text,
            "kind": 1,
            "paddingLeft": True,
            "tooltip": convert.markdown(hint.tip),
        }
        for hint in hints.hints(document.analysis, start, end)
    ]


def _lenses(documents: Documents, document: Document, _: Params) -> Any:
    made: list[Any] = []
    for lens in lenses.lenses(document.analysis):
        place = documents.range(lens.span)
        if lens.text:
            made.append({"range": place, "command": {"title": lens.text, "command": ""}})
        arguments = [document.uri, lens.model]
        made.append(
            {
                "range": place,
                "command": {"title": "open diagram", "command": "archdsl.openDiagram", "arguments": arguments},
            }
        )
    return made


def workspace_symbols(documents: Documents, params: Params) -> Any:
    """The declarations in all projects that match a query."""
    found = (each for document in documents.everything() for each in symbols.symbols(document.analysis))
    return [
        convert.workspace_symbol(documents, each)
        for each in found
        if each.kind != "check" and symbols.matches(params["query"], each.name)
    ]


FEATURES: Final[dict[str, Feature]] = {
    "textDocument/hover": _hover,
    "textDocument/completion": _completion,
    "textDocument/signatureHelp": _signature,
    "textDocument/definition": _definition,
    "textDocument/references": _references,
    "textDocument/documentHighlight": _highlights,
    "textDocument/documentSymbol": _symbols,
    "textDocument/foldingRange": _folds,
    "textDocument/selectionRange": _selections,
    "textDocument/semanticTokens/full": _tokens,
    "textDocument/semanticTokens/range": _tokens_in_range,
    "textDocument/inlayHint": _hints,
    "textDocument/codeLens": _lenses,
}
"""The questions about one document."""
