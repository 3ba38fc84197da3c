"""``archdsl view`` as its user has it: a browser beside an editor."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Watched
from tests.patience import patience

expect = pytest.importorskip("playwright.sync_api").expect
ROOT = Path(__file__).parents[2]
PART = "block Part(n: int) {{ conv(n) -> relu -> conv({second}) as last }}\n"
NET = 'from "part.arch" import Part\n\nmodel Net() :: [8, 8, 3] -> [8, 8, _] {{ Part({n}) as one -> Part(4) as two }}\n'
View = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    """``view(*arguments)``: the address that the command prints, and its process."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[str, subprocess.Popen[str]]:
        command = [sys.executable, "-m", "archdsl", "view", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True,
            # A job in the background starts without.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # one system call
        )  # fmt: skip
        running.append(process)
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{22}/", process.stdout.readline())
        assert found, "the first line says where"
        return found[0], process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def item(page: Any, path: str) -> Any:
    return page.locator(f'[role=treeitem][data-path="{path}"]')


def test_follows_the_file_and_what_it_imports(view: View, browser: Any, tmp_path: Path) -> None:
    part, net = tmp_path / "part.arch", tmp_path / "net.arch"
    part.write_text(PART.format(second=4), encoding="utf-8")
    net.write_text(NET.format(n=6), encoding="utf-8")
    address, process = view("net.arch")
    watched = Watched(browser, address)
    page = watched.goto(address)
    page.select_option("#depth", "1")
    item(page, "two").click()
    expect(item(page, "two.conv")).to_have_count(1)
    expect(item(page, "one.conv")).to_have_count(0)
    page.click("#closer")
    place = page.locator("#scene").get_attribute("transform")

    net.write_text(NET.format(n=7), encoding="utf-8")
    expect(item(page, "one")).to_contain_text("Part(7)")
    expect(item(page, "two.conv")).to_have_count(1)  # unfolded as before …
    expect(item(page, "one.conv")).to_have_count(0)
    assert page.locator("#scene").get_attribute("transform") == place  # … and looked at from where it was
    expect(page.locator("#card h2")).to_have_text("two")

    part.write_text(PART.format(second="n / 0"), encoding="utf-8")
    problems = page.locator("#problems")
    expect(problems).to_be_visible()
    expect(problems).to_contain_text("error[")
    expect(problems).to_contain_text("--> part.arch:1:")
    expect(problems).to_contain_text("conv(n / 0)")
    expect(item(page, "one")).to_contain_text("Part(7)")  # the last good diagram, below
    assert "\x1b" not in problems.inner_text()
    assert problems.locator(".error").count() > 0

    part.write_text(PART.format(second=5), encoding="utf-8")
    expect(problems).to_be_hidden()
    expect(item(page, "two.last")).to_contain_text("conv(5)")

    net.unlink()
    expect(problems).to_contain_text("no such file")
    net.write_text(NET.format(n=9), encoding="utf-8")
    expect(problems).to_be_hidden()
    expect(item(page, "one")).to_contain_text("Part(9)")
    watched.close()

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=patience(5)) == 130


def test_starts_with_a_broken_file(view: View, browser: Any, tmp_path: Path) -> None:
    """What the spec says is text in its diagnostic, too."""
    net = tmp_path / "net.arch"
    net.write_text("model Net() :: [8] -> [8] { '<img src=x onerror=alert(1)>' }\n", encoding="utf-8")
    address, _ = view("net.arch")
    watched = Watched(browser, address)
    watched.page.goto(address)
    expect(watched.page.locator("#problems")).to_contain_text("<img src=x onerror=alert(1)>")
    assert watched.page.locator("img").count() == 0
    net.write_text("model Net() :: [8] -> [8] { dense(8) as <b> }\n".replace("<b>", "b"), encoding="utf-8")
    expect(item(watched.page, "b")).to_be_visible()
    expect(watched.page.locator("#problems")).to_be_hidden()
    watched.close()


def test_another_page_cannot_look_in(view: View, browser: Any, tmp_path: Path) -> None:
    """Not even with the address: no frame, no fetch, no event source, no script."""
    address, _ = view("lenet5")
    page = browser.new_page()
    page.goto("data:text/html,<title>elsewhere</title>")
    seen = page.evaluate(
        """async (address) => {
          const fetched = await fetch(address + 'events').then((answer) => answer.status, () => 'refused');
          const heard = await new Promise((done) => {
            const events = new EventSource(address + 'events');
            events.onerror = () => done('refused');
            events.addEventListener('model', () => done('model'));
          });
          return [fetched, heard];
        }""",
        address,
    )
    assert seen == ["refused", "refused"]
    page.close()


def test_bundled_models_with_settings_and_options(view: View, browser: Any) -> None:
    address, _ = view("resnet18", "--set", "classes=7", "--depth", "1", "--color", "macs", "--theme", "dark")
    watched = Watched(browser, address)
    page = watched.goto(address)
    expect(item(page, "head")).to_contain_text("dense(7)")
    expect(item(page, "c2")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#colour")).to_have_value("macs")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    watched.close()
