"""The server over its standard streams, as editors drive it; its answers are read by the types of `lsprotocol`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import PATIENCE, Client, server, start

URI = "untitled:Untitled-1"
NET = """\
from std.conv import ConvBNAct

model Net(classes: int = 10) :: [32, 32, 3] -> [classes] {
  ConvBNAct(8) as stem
  -> global_avg_pool
  -> dense(classes)
}
"""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with server() as client:
        yield client


@pytest.fixture
def uri(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a document that is open with the sample, in version 1."""
    uri = f"untitled:{request.node.name}"
    client.open(uri, NET)
    yield uri
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.logged == []


def test_diagnostics_are_of_the_last_version_and_count_code_units(client: Client, uri: str) -> None:
    assert client.settled(uri, 1) == []
    client.edit(uri, 2, (5, 5), (5, 10), "denze")
    client.edit(uri, 3, (3, 2), (3, 2), '"🙂" ')
    (first, *_, last) = client.settled(uri, 3)
    assert first["range"]["start"] == {"line": 3, "character": 2}
    assert (last["code"], last["range"]["start"], last["range"]["end"]) == (
        "unknown-name",
        {"line": 5, "character": 5},
        {"line": 5, "character": 10},
    )
    client.edit(uri, 4, (3, 2), (3, 7), "")
    client.edit(uri, 5, (5, 5), (5, 10), "dense")
    assert client.settled(uri, 5) == []


def test_models_are_checked_too(client: Client, uri: str) -> None:
    start = NET.splitlines()[2].index("[classes]") + 1
    client.edit(uri, 2, (2, start), (2, start + len("classes")), "9")
    assert [found["code"] for found in client.settled(uri, 2)] == ["contract-broken"]


def test_hover_definition_and_completion(client: Client, uri: str) -> None:
    found = client.at("hover", uri, 3, 4)
    assert "[32, 32, 8]" in found["contents"]["value"]
    (place,) = client.at("definition", uri, 5, 12)
    assert place == {"uri": uri, "range": {"start": {"line": 2, "character": 10}, "end": {"line": 2, "character": 17}}}
    (place,) = client.at("definition", uri, 3, 4)
    assert place["uri"].endswith("archdsl/std/conv.arch")
    offered = client.at("completion", uri, 4, 8)["items"]
    assert {"global_avg_pool", "global_max_pool"} <= {item["label"] for item in offered}
    resolved = client.request("completionItem/resolve", offered[0])
    assert offered[0]["label"] in resolved["documentation"]["value"]


def test_formatting(client: Client, uri: str) -> None:
    client.edit(uri, 2, (5, 2), (5, 2), "     ")
    options: Any = {"tabSize": 2, "insertSpaces": True}
    (edit,) = client.request("textDocument/formatting", {"textDocument": {"uri": uri}, "options": options})
    assert edit["newText"] == "  -> dense(classes)\n"


def test_bundled_files_are_virtual_documents_for_editors_that_can_show_them() -> None:
    with server(initializationOptions={"virtualDocuments": True}) as client:
        client.open(URI, NET)
        (place,) = client.at("definition", URI, 3, 4)
        assert place["uri"] == "archdsl:/std/conv.arch"
        text = client.request("archdsl/text", {"uri": place["uri"]})
        assert text.splitlines()[place["range"]["start"]["line"]].startswith("block ConvBNAct(")


def test_imports_are_read_as_they_are_in_the_editor(tmp_path: Path) -> None:
    blocks, net = tmp_path / "blocks.arch", tmp_path / "net.arch"
    blocks.write_text("block Old() { relu }\n")
    with server() as client:
        client.open(net.as_uri(), 'from "blocks.arch" import New\n\nmodel Net() :: [8] -> [8] { New }\n')
        assert [found["code"] for found in client.settled(net.as_uri(), 1)] == ["unknown-import"]
        client.open(blocks.as_uri(), "block New() { relu }\n")
        client.request("archdsl/settle")
        assert client.diagnostics[net.as_uri()][-1] == (1, [])


def test_what_is_no_request_of_the_protocol_is_refused_and_forgotten(client: Client) -> None:
    assert client.answer(client.ask("textDocument/nothing", {}))["error"]["code"] == -32601
    assert client.answer(client.ask("textDocument/hover", {}))["error"]["code"] == -32602
    assert client.answer(client.ask("textDocument/hover", {"textDocument": {"uri": "file:///no"}}))["error"]
    client.logged.clear()


def test_the_server_leaves_with_its_editor() -> None:
    process = start()
    process.stdin.close()  # type: ignore[union-attr]
    assert process.wait(timeout=PATIENCE) == 1
    process.stdout.close()  # type: ignore[union-attr]


def test_what_waits_for_the_models_is_answered_when_they_are_checked(client: Client, uri: str) -> None:
    document = {"textDocument": {"uri": uri}}
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    client.edit(uri, 2, (3, 12), (3, 13), "9")
    lens, hints = (
        client.ask("textDocument/codeLens", document),
        client.ask("textDocument/inlayHint", document | {"range": whole}),
    )
    figures, diagram = client.answer(lens)["result"]
    assert figures["command"]["title"] == "379 params · 249 k MACs"
    assert diagram["command"] == {"title": "open diagram", "command": "archdsl.openDiagram", "arguments": [uri, "Net"]}
    assert [hint["label"] for hint in client.answer(hints)["result"]] == ["[32, 32, 9]", "[9]", "[10]"]


def test_names_are_changed_in_all_files(tmp_path: Path) -> None:
    blocks, net = tmp_path / "blocks.arch", tmp_path / "net.arch"
    blocks.write_text("block Old(width: int) :: [c] -> [width] { dense(width) }\n")
    net.write_text('from "blocks.arch" import Old\n\nmodel Net() :: [8] -> [4] { Old(width=4) }\n')
    (tmp_path / ".archdsl").touch()
    with server() as client:
        client.open(blocks.as_uri(), blocks.read_text())
        changed = client.at("rename", blocks.as_uri(), 0, 7, newName="New")["changes"]
        assert {uri: len(edits) for uri, edits in changed.items()} == {blocks.as_uri(): 1, net.as_uri(): 2}
        changed = client.at("rename", blocks.as_uri(), 0, 11, newName="units")["changes"]
        assert {uri: len(edits) for uri, edits in changed.items()} == {blocks.as_uri(): 3, net.as_uri(): 1}
        found = client.at("references", blocks.as_uri(), 0, 7, context={"includeDeclaration": False})
        assert [place["range"]["start"]["line"] for place in found] == [0, 2]
        named = client.request("workspace/symbol", {"query": "n"})
        assert [each["name"] for each in named] == ["Net"]


def test_a_name_of_the_library_is_not_changed(client: Client, uri: str) -> None:
    assert client.at("prepareRename", uri, 3, 4) is None
    number = client.ask(
        "textDocument/rename",
        {"textDocument": {"uri": uri}, "position": {"line": 3, "character": 4}, "newName": "Conv"},
    )
    assert "std/conv.arch" in client.answer(number)["error"]["message"]


def test_fixes(client: Client, uri: str) -> None:
    client.edit(uri, 2, (4, 5), (4, 20), "GlobalAvgPool")
    span = {"start": {"line": 4, "character": 6}, "end": {"line": 4, "character": 6}}
    request = {"textDocument": {"uri": uri}, "range": span, "context": {"diagnostics": [], "only": ["quickfix"]}}
    (action,) = client.request("textDocument/codeAction", request)
    assert action["title"] == "Replace `GlobalAvgPool` by `global_avg_pool`"
    assert action["edit"]["changes"][uri][0]["newText"] == "global_avg_pool"
    assert action["isPreferred"]


def test_calls_of_blocks(client: Client, uri: str) -> None:
    client.edit(uri, 2, (2, 0), (2, 0), "block Stem(width: int) { ConvBNAct(width) -> ConvBNAct(width) }\n\n")
    client.edit(uri, 3, (5, 2), (5, 14), "Stem(8)")
    (stem,) = client.at("prepareCallHierarchy", uri, 2, 7)
    assert (stem["name"], stem["uri"]) == ("Stem", uri)
    (caller,) = client.request("callHierarchy/incomingCalls", {"item": stem})
    assert (caller["from"]["name"], len(caller["fromRanges"])) == ("Net", 1)
    (called,) = client.request("callHierarchy/outgoingCalls", {"item": stem})
    assert (called["to"]["name"], len(called["fromRanges"])) == ("ConvBNAct", 2)
    (caller,) = client.request("callHierarchy/incomingCalls", {"item": called["to"]})
    assert caller["from"]["name"] == "Stem"
    inner = client.request("callHierarchy/outgoingCalls", {"item": called["to"]})
    assert [each["to"]["name"] for each in inner] == []


def test_an_editor_that_is_killed_leaves_no_server_behind() -> None:
    process = start()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()  # nothing can be told
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}'
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.stdin.flush()
    assert process.wait(timeout=PATIENCE) == 1
    process.stdin.close()
