"""``archdsl view``: what it refuses before it serves. What it serves is in tests/unit/viewer and tests/browser."""

from __future__ import annotations

import socket

import pytest

from tests.unit.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-"], "view follows a file"),
        (["nowhere.arch"], "nowhere.arch: no such file"),
        (["resnet5"], "did you mean"),
        (["net.arch", "--set", "dept=3"], "did you mean"),
        (["lenet5", "--fold", "Stem"], "no block or instance is called Stem"),
        (["lenet5", "--depth", "0"], "neither a number of levels"),
        (["net.arch", "--port", "70000"], "--port"),
    ],
)
def test_refusals(run: Run, arguments: list[str], reason: str) -> None:
    result = run("view", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_port_in_use(run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run("view", "lenet5", "--port", str(port))
    assert result.exit_code == 2
    assert f"port {port} is in use" in result.stderr
