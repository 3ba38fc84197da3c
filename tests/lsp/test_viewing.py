"""The diagram in the browser follows typing, for editors without one of their own."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import urlopen

from tests.lsp.client import Client, server

URI = "untitled:1"
NET = "model Net() :: [8, 8, 3] -> [8, 8, 4] { conv(4) }\n"


def event(stream: Any) -> tuple[str, Any]:
    """The next event of a page: its kind and what it tells."""
    found: dict[str, str] = {}
    while line := stream.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        found[name] = value
    return (found["event"], json.loads(found["data"])) if "event" in found else event(stream)


def opened(client: Client) -> str:
    params = {"command": "archdsl.openDiagram", "arguments": [URI, "Net"]}
    address: str = client.request("workspace/executeCommand", params)
    client.request("archdsl/settle")
    assert client.shown[-1] == address
    return address


def test_a_page_follows_typing() -> None:
    with server() as client:
        client.open(URI, NET)
        address = opened(client)
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as page, urlopen(f"{address}events") as events:
            assert b"<!doctype html>" in page.read()
            kind, first = event(events)
            assert kind == "model"
            filters, channels = NET.index("4)"), NET.index("4]")
            client.edit(URI, 2, (0, filters), (0, filters + 1), "5")
            client.settled(URI, 2)
            kind, problems = event(events)
            assert (kind, problems["title"]) == ("problems", "1 error")
            client.edit(URI, 3, (0, channels), (0, channels + 1), "5")
            assert client.settled(URI, 3) == []
            kind, second = event(events)
            assert kind == "model"
            assert second != first
            assert opened(client) == address


def test_an_editor_with_a_diagram_of_its_own_is_offered_none() -> None:
    request = {"processId": None, "rootUri": None, "capabilities": {}}
    with server() as client:
        offered = client.request("initialize", request)["capabilities"]
        assert offered["executeCommandProvider"]["commands"] == ["archdsl.openDiagram"]
        own = request | {"initializationOptions": {"virtualDocuments": True}}
        assert "executeCommandProvider" not in client.request("initialize", own)["capabilities"]
