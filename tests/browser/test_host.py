"""The page beside a text, in a frame as an editor has it: models and places in, chosen places out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import archdsl
from archdsl.backends.html import hosted_page, to_json
from tests.browser.conftest import Watched

expect = pytest.importorskip("playwright.sync_api").expect
NET = """block Part(n: int) { conv(n) -> relu }
model Net() :: [8, 8, 3] -> [8, 8, _] {
  Part(6) as one
  -> Part(4) as two
  -> conv(WIDTH, k=3) as last
}
"""
# What an editor adds to the page that it holds, before all else that is in it.
BRIDGE = "<script>acquireVsCodeApi = () => ({ postMessage: (message) => parent.told.push(message) });</script>"
OUTER = """<!doctype html><link rel="icon" href="data:,"><script>told = [];</script>
<iframe id="view" src="page" style="width: 1200px; height: 800px"></iframe>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        inner = hosted_page().replace("<head>", f"<head>{BRIDGE}", 1)
        text = (inner if self.path == "/page" else OUTER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Editor:
    """The outer page, which plays the editor."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.view = page.frame_locator("#view")

    def send(self, kind: str, data: object) -> None:
        message = {"kind": kind, "data": data}
        self.page.evaluate("(message) => frames[0].postMessage(message, location.origin)", message)

    def model(self, text: str) -> None:
        net = archdsl.load_text(text, "Net", name="net.arch")
        self.send("model", json.loads(to_json(net.graph, sources=net.sources)))

    def point(self, line: int, column: int) -> None:
        self.send("place", {"file": "net.arch", "line": line, "column": column})

    @property
    def told(self) -> list[Any]:
        found: list[Any] = self.page.evaluate("told")
        return found

    def item(self, path: str) -> Any:
        return self.view.locator(f'[role=treeitem][data-path="{path}"]')


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    watched = Watched(browser, address, viewport={"width": 1240, "height": 840})
    watched.page.goto(address)
    watched.page.wait_for_function("told.length > 0")
    editor = Editor(watched.page)
    assert editor.told == [{"kind": "ready"}]
    yield editor
    watched.close()


def test_steps_and_boxes_choose_each_other(editor: Editor) -> None:
    editor.model(NET.replace("WIDTH", "5"))
    expect(editor.item("last")).to_be_visible()
    editor.point(5, 12)  # within the arguments of the last step
    expect(editor.item("last")).to_have_attribute("aria-selected", "true")
    editor.point(3, 0)
    expect(editor.item("one")).to_have_attribute("aria-selected", "true")
    editor.point(1, 32)  # a step of the block, which is opened where the chosen call has it
    expect(editor.item("one.relu")).to_have_attribute("aria-selected", "true")
    assert editor.told == [{"kind": "ready"}], "what the editor chose is not told to it again"
    editor.item("last").click()
    editor.page.wait_for_function("told.length > 1")
    assert editor.told[1:] == [{"kind": "place", "file": "net.arch", "place": [5, 5, 5, 9]}]


def test_follows_typing_and_keeps_what_is_open(editor: Editor) -> None:
    editor.model(NET.replace("WIDTH", "5"))
    editor.point(1, 32)
    expect(editor.item("one.relu")).to_have_attribute("aria-selected", "true")
    editor.send("problems", {"title": "1 error", "text": "\x1b[31merror\x1b[0m: no"})
    expect(editor.view.locator("#problems")).to_contain_text("error: no")
    editor.model(NET.replace("WIDTH", "77"))
    expect(editor.view.locator("#problems")).to_be_hidden()
    expect(editor.item("last")).to_contain_text("77")
    expect(editor.item("one.relu")).to_have_attribute("aria-selected", "true")


def test_takes_the_theme_of_the_editor(editor: Editor) -> None:
    editor.model(NET.replace("WIDTH", "5"))
    for theme in ("dark", "light"):
        editor.send("theme", theme)
        expect(editor.view.locator("html")).to_have_attribute("data-theme", theme)


def test_page_in_the_output_of_a_notebook(browser: Any, tmp_path: Path) -> None:
    """It works in a frame that may reach nothing, and has no address of its own."""
    outer = tmp_path / "notebook.html"
    frame = archdsl.load_text(NET.replace("WIDTH", "5"), "Net").view(height=700)._repr_html_()
    outer.write_text(f'<!doctype html><meta charset="utf-8">{frame}', encoding="utf-8")
    watched = Watched(browser, outer.as_uri())
    watched.page.goto(outer.as_uri())
    view = watched.page.frame_locator("iframe")
    last = view.locator('[role=treeitem][data-path="last"]')
    last.click()
    expect(last).to_have_attribute("aria-selected", "true")
    expect(view.locator("#card h2")).to_have_text("last")
    expect(view.locator("#card pre .code-op")).to_have_text("conv")
    assert watched.page.evaluate("location.hash") == ""
    watched.close()
