"""The server's capabilities, sent before any feature is loaded."""

from __future__ import annotations

from typing import Any, Final

from archdsl.service import tokens

CAPABILITIES: Final[dict[str, Any]] = {
    "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
    "workspaceSymbolProvider": True,
    "hoverProvider": True,
    "completionProvider": {"triggerCharacters": [".", "(", " ", ">", "["], "resolveProvider": True},
    "signatureHelpProvider": {"triggerCharacters": ["(", ","], "retriggerCharacters": ["="]},
    "definitionProvider": True,
    "referencesProvider": True,
    "documentHighlightProvider": True,
    "documentSymbolProvider": True,
    "foldingRangeProvider": True,
    "selectionRangeProvider": True,
    "semanticTokensProvider": {
        "legend": {"tokenTypes": list(tokens.KINDS), "tokenModifiers": list(tokens.MODIFIERS)},
        "full": True,
        "range": True,
    },
    "inlayHintProvider": True,
    "codeLensProvider": {"resolveProvider": False},
    "documentFormattingProvider": True,
    "documentRangeFormattingProvider": True,
    "documentOnTypeFormattingProvider": {"firstTriggerCharacter": "}"},
    "renameProvider": {"prepareProvider": True},
    "codeActionProvider": {
        "codeActionKinds": ["quickfix", "refactor.extract", "refactor.inline", "refactor.rewrite", "source.fixAll"]
    },
    "callHierarchyProvider": True,
}
