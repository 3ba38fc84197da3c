"""Handlers of requests that change a document: formatting, renaming, fixes and refactorings."""

from __future__ import annotations

from typing import Any, Final

from archdsl.lsp import convert, rpc
from archdsl.lsp.documents import Document, Documents
from archdsl.lsp.features import Feature, Params
from archdsl.service import actions, formatting, rename
from archdsl.service.refactor import refactorings
from archdsl.service.rename import Refused


def _formatting(documents: Documents, document: Document, _: Params) -> Any:
    return convert.edits(documents, formatting.formatted(document.analysis))


def _range_formatting(documents: Documents, document: Document, params: Params) -> Any:
    start, end = (documents.offset(document, params["range"][side]) for side in ("start", "end"))
    return convert.edits(documents, formatting.formatted_range(document.analysis, start, end))


def _on_type_formatting(documents: Documents, document: Document, params: Params) -> Any:
    offset = documents.offset(document, params["position"])
    return convert.edits(documents, formatting.formatted_typing(document.analysis, offset))


def _prepare_rename(documents: Documents, document: Document, params: Params) -> Any:
    try:
        span = rename.renamable(document.analysis, documents.offset(document, params["position"]))
    except Refused:
        return None
    return {"range": documents.range(span), "placeholder": span.text}


def _rename(documents: Documents, document: Document, params: Params) -> Any:
    offset = documents.offset(document, params["position"])
    others = [each.analysis for each in documents.project(document)]
    try:
        found = rename.rename(document.analysis, offset, params["newName"], others)
    except Refused as refused:
        raise rpc.Failed(rpc.REQUEST_FAILED, str(refused)) from None
    return convert.workspace_edit(documents, found)


def _actions(documents: Documents, document: Document, params: Params) -> Any:
    start, end = (documents.offset(document, params["range"][side]) for side in ("start", "end"))
    only = (params.get("context") or {}).get("only")
    analysis = document.analysis
    found = (*actions.fixes(analysis, start, end), *refactorings(analysis, start, end), *actions.fix_all(analysis))
    return [
        convert.action(documents, each, analysis.source, analysis.parsed)
        for each in found
        if only is None or any(each.kind == kind or each.kind.startswith(f"{kind}.") for kind in only)
    ]


CHANGES: Final[dict[str, Feature]] = {
    "textDocument/formatting": _formatting,
    "textDocument/rangeFormatting": _range_formatting,
    "textDocument/onTypeFormatting": _on_type_formatting,
    "textDocument/prepareRename": _prepare_rename,
    "textDocument/rename": _rename,
    "textDocument/codeAction": _actions,
}
"""The requests for changes of one document."""
