"""A real Chromium, and pages in it that must neither complain, nor ask, nor load anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.backends.html import to_html
from archdsl.diagram import Options

playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser: pip install '.[dev]'")

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM = os.environ.get("ARCHDSL_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
Visit = Callable[..., Any]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed; ARCHDSL_CHROMIUM names one elsewhere")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Watched:
    """A page, and what it did that it should not have done."""

    def __init__(self, browser: Any, allowed: str, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | options
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.complains = False
        self.faults: list[str] = []
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on(
            "request",
            lambda request: None if request.url.startswith(allowed) else self.faults.append(f"request: {request.url}"),
        )

    def goto(self, address: str) -> Any:
        self.page.goto(address)
        self.page.wait_for_selector("#diagram .box", state="attached")
        return self.page

    def close(self) -> None:
        self.context.close()
        assert self.complains == bool(self.faults), self.faults


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Visit]:
    """``visit(spec, fragment="", looks={}, **options)``: the page of a model; ``looks`` are ``Options`` of the
    diagram, ``options`` the browser context's.

    When the test is over the page must have written nothing to the console, shown no dialog and requested only itself,
    unless the test said that it ``complains``.
    """
    opened: list[Watched] = []

    def open(
        spec: str | archdsl.Architecture,
        fragment: str = "",
        looks: dict[str, Any] | None = None,
        complains: bool = False,
        **options: Any,
    ) -> Any:
        model = archdsl.load(spec) if isinstance(spec, str) else spec
        file = tmp_path / f"page{len(opened)}.html"
        file.write_text(to_html(model.graph, Options(**looks or {}), sources=model.sources), encoding="utf-8")
        watched = Watched(browser, file.as_uri(), **options)
        watched.complains = complains
        opened.append(watched)
        return watched.goto(file.as_uri() + fragment)

    yield open
    for watched in opened:
        watched.close()
