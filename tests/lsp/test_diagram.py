"""The diagram beside the text, asked of the real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import Client, server

ROOT = Path(__file__).parents[2]
RESNET = (ROOT / "specs" / "resnet50.arch").as_uri()
NET = "model Net() :: [8, 8, 3] -> [4] { conv(4) as stem -> global_avg_pool }\n"


@pytest.fixture(scope="module")
def client() -> Any:
    with server(initializationOptions={"virtualDocuments": True}) as found:
        yield found


def diagram(client: Client, uri: str, model: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = client.request("archdsl/diagram", {"textDocument": {"uri": uri}, "model": model})
    return found


def test_page_waits_for_messages(client: Client) -> None:
    page = client.request("archdsl/page", {})["html"]
    assert page.startswith("<!doctype html>")
    assert '"hosted":true' in page


def test_model_of_a_file(client: Client) -> None:
    client.open(RESNET, (ROOT / "specs" / "resnet50.arch").read_text(encoding="utf-8"))
    found = diagram(client, RESNET)
    assert found["model"] == "ResNet50", "the one that the file is named after"
    assert found["models"] == ["ResNet18", "ResNet34", "ResNet50", "ResNet101", "ResNet152"]
    assert found["files"]["specs/resnet50.arch"] == RESNET
    assert found["files"]["std/conv.arch"] == "archdsl:/std/conv.arch"
    assert {item.get("file") for item in found["page"]["items"]} - {None} <= set(found["files"])
    assert diagram(client, RESNET, "ResNet18")["page"]["name"] == "ResNet18"
    assert diagram(client, RESNET, "Gone")["model"] == "ResNet50", "a model that was renamed since"


def test_follows_what_is_typed(client: Client) -> None:
    uri = "untitled:Net"
    client.open(uri, NET)
    assert diagram(client, uri)["page"]["items"][2]["call"] == "conv(4)"
    client.replace(uri, NET.replace("conv(4)", "conv(5)"), 2)
    found = diagram(client, uri)
    assert "page" not in found
    assert found["problems"]["title"] == "1 error"
    assert "[5]" in found["problems"]["text"]
    assert "\x1b[" in found["problems"]["text"], "with the colours of a terminal"
    client.replace(uri, NET.replace("-> [4]", "-> [6]").replace("conv(4)", "conv(6)"), 3)
    found = diagram(client, uri)
    assert (found["version"], found["page"]["items"][2]["call"]) == (3, "conv(6)")


def test_a_mistake_elsewhere_hides_no_model(client: Client) -> None:
    uri = "untitled:Both"
    client.open(uri, NET + "model Other() :: [8] -> [4] { dense(5) }\nmodel Broken( {\n")
    assert diagram(client, uri)["page"]["name"] == "Net"
    assert "problems" in diagram(client, uri, "Other")


def test_blocks_are_shown_as_checks_call_them(client: Client) -> None:
    uri = "untitled:Blocks"
    client.open(uri, "block Unit(n: int) { conv(n) -> relu }\n")
    assert diagram(client, uri)["problems"] == {"title": "There is no model to show", "text": ""}
    client.replace(uri, "block Unit(n: int) { conv(n) -> relu }\ncheck Unit(7) :: [8, 8, 3] -> [8, 8, 7]\n", 2)
    assert diagram(client, uri)["page"]["items"][2]["call"] == "conv(7)"
