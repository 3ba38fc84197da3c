"""Converts values of the service to values of the protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from archdsl.lsp import problems
from archdsl.lsp.documents import Documents
from archdsl.service.actions import Action
from archdsl.service.completion import Completion
from archdsl.service.edits import Edit
from archdsl.service.symbols import Outline
from archdsl.source import SourceFile
from archdsl.syntax import ast

_COMPLETIONS: Final = {
    "op": 3, "block": 7, "model": 7, "function": 3, "parameter": 5, "value": 6, "tap": 18, "keyword": 14, "type": 25,
    "module": 9, "field": 5, "label": 5, "initialiser": 12, "figure": 10, "dimension": 6, "fact": 10,
}  # fmt: skip
"""The numbers that the protocol has for kinds of completions."""
SYMBOLS: Final = {
    "block": 5, "model": 5, "fn": 12, "let": 14, "check": 24, "parameter": 13, "shared": 13, "tap": 20, "label": 8,
    "function": 12,
}  # fmt: skip
"""The same for symbols."""


def edits(documents: Documents, found: Iterable[Edit]) -> list[dict[str, Any]]:
    return [{"range": documents.range(edit.span), "newText": edit.text} for edit in found]


def workspace_edit(documents: Documents, found: Iterable[Edit]) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in found:
        changes.setdefault(documents.uri_of(edit.span.source), []).extend(edits(documents, [edit]))
    return {"changes": changes}


def action(documents: Documents, found: Action, source: SourceFile, module: ast.Module) -> dict[str, Any]:
    made: dict[str, Any] = {
        "title": found.title,
        "kind": found.kind,
        "edit": workspace_edit(documents, found.edits),
    }
    if found.diagnostic is not None:
        made["diagnostics"] = problems.diagnostics(documents, source, [found.diagnostic], module)
    if found.is_preferred:
        made["isPreferred"] = True
    return made


def completion(documents: Documents, found: Completion, number: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "label": found.label,
        "kind": _COMPLETIONS[found.sort],
        "sortText": f"{number:04d}",
        "textEdit": {"range": documents.range(found.span), "newText": found.text},
    }
    if found.detail:
        made["detail"] = found.detail
    if found.edits:
        made["additionalTextEdits"] = edits(documents, found.edits)
    return made


def symbol(documents: Documents, found: Outline) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": SYMBOLS[found.kind],
        "detail": found.detail,
        "range": documents.range(found.span),
        "selectionRange": documents.range(found.name_span),
        "children": [symbol(documents, child) for child in found.children],
    }


def workspace_symbol(documents: Documents, found: Outline) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": SYMBOLS[found.kind],
        "location": documents.location(found.name_span),
        "containerName": found.span.source.name,
    }


def markdown(text: str) -> dict[str, str]:
    return {"kind": "markdown", "value": text}
