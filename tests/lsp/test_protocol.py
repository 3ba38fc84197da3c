"""Every answer is what the protocol says it is: the types of `lsprotocol`, made from its specification, can read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lsp.client import Client, server

types = pytest.importorskip("lsprotocol.types", reason="lsprotocol, which reads the answers, is not installed")
converters = pytest.importorskip("lsprotocol.converters")

URI = "file:///net.arch"
NET = """\
from std.conv import ConvBNAct

let rows = table {
  width  depth
  8      1
}

## A stage.
block Stage(width: int) { ConvBNAct(width) -> ConvBNAct(width) -> batch_norm(momentum=0.1) }

model Net(classes: int = 10) :: [32, 32, 3] -> [classes] {
  for row in rows { Stage(row.width) } as body
  -> GlobalAvgPool -> dense( classes )
}
"""
PLACE = {"line": 11, "character": 21}
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 13, "character": 0}}
DOCUMENT: dict[str, Any] = {"textDocument": {"uri": URI}}
REQUESTS: dict[str, dict[str, Any]] = {
    "textDocument/hover": {"position": PLACE},
    "textDocument/completion": {"position": PLACE},
    "textDocument/signatureHelp": {"position": {"line": 11, "character": 27}},
    "textDocument/definition": {"position": PLACE},
    "textDocument/references": {"position": PLACE, "context": {"includeDeclaration": True}},
    "textDocument/documentHighlight": {"position": PLACE},
    "textDocument/documentSymbol": {},
    "textDocument/foldingRange": {},
    "textDocument/selectionRange": {"positions": [PLACE]},
    "textDocument/semanticTokens/full": {},
    "textDocument/semanticTokens/range": {"range": WHOLE},
    "textDocument/inlayHint": {"range": WHOLE},
    "textDocument/codeLens": {},
    "textDocument/formatting": {"options": {"tabSize": 2, "insertSpaces": True}},
    "textDocument/rangeFormatting": {"options": {"tabSize": 2, "insertSpaces": True}, "range": WHOLE},
    "textDocument/prepareRename": {"position": PLACE},
    "textDocument/rename": {"position": PLACE, "newName": "Other"},
    "textDocument/codeAction": {"range": WHOLE, "context": {"diagnostics": []}},
    "textDocument/prepareCallHierarchy": {"position": PLACE},
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with server() as client:
        client.open(URI, NET)
        yield client


def read(method: str, result: Any) -> Any:
    """The answer to a request by the types of the protocol."""
    of = types.METHOD_TO_TYPES[method][1]
    return converters.get_converter().structure({"jsonrpc": "2.0", "id": 1, "result": result}, of)


@pytest.mark.parametrize("method", REQUESTS)
def test_answers(client: Client, method: str) -> None:
    result = client.request(method, DOCUMENT | REQUESTS[method])
    assert result, "an answer that is empty says nothing about its form"
    assert read(method, result).result


def test_what_the_server_says_of_itself() -> None:
    with server() as client:
        result = client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    capabilities = read("initialize", result).result.capabilities
    assert capabilities.rename_provider.prepare_provider
    assert capabilities.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    assert capabilities.semantic_tokens_provider.legend.token_types


def test_calls_symbols_and_completions(client: Client) -> None:
    (item,) = client.request("textDocument/prepareCallHierarchy", DOCUMENT | {"position": PLACE})
    for method in ("callHierarchy/incomingCalls", "callHierarchy/outgoingCalls"):
        assert read(method, client.request(method, {"item": item})).result
    assert read("workspace/symbol", client.request("workspace/symbol", {"query": "net"})).result
    offered = client.request("textDocument/completion", DOCUMENT | {"position": PLACE})["items"]
    read("completionItem/resolve", client.request("completionItem/resolve", offered[0]))


def test_diagnostics(client: Client) -> None:
    found = client.settled(URI, 1)
    params = {"uri": URI, "version": 1, "diagnostics": found}
    message = {"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params}
    converter = converters.get_converter()
    read = converter.structure(message, types.METHOD_TO_TYPES["textDocument/publishDiagnostics"][0])
    assert [each.code for each in read.params.diagnostics] == ["low-momentum", "unknown-name"]
