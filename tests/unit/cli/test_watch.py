"""``archdsl check --watch``."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from archdsl.cli.exits import INTERRUPTED
from tests.unit.cli.conftest import Run

NET = "model Net() :: [8] -> [4] { dense(4) }\n"


INTERRUPTIBLE = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "runpy.run_module('archdsl', run_name='__main__')"
)
"""A process that a shell script started in the background ignores SIGINT, and so do those that it starts."""


def test_a_report_for_each_change(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(NET)
    command = [sys.executable, "-c", INTERRUPTIBLE, "check", "--watch", "."]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    patience = Timer(120, process.kill)
    patience.start()
    try:
        assert process.stdout is not None
        assert "net.arch: 1 model, no problems" in process.stdout.readline()
        (tmp_path / "net.arch").write_text(NET.replace("dense(4)", "dense(5)"))
        assert process.stdout.readline().startswith("error[contract-broken]: the output of `Net` is [5]")
        while "1 error" not in process.stdout.readline():
            pass
        (tmp_path / "other.arch").write_text(NET)
        while "2 specs" not in process.stdout.readline():
            pass
        (tmp_path / "net.arch").unlink()
        assert "other.arch: 1 model, no problems" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == INTERRUPTED
    finally:
        patience.cancel()
        process.kill()
        process.wait()


@pytest.mark.parametrize("arguments", [("--fix",), ("--format", "json"), ("--strict",)])
def test_it_goes_with_no_other_option(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("check", "--watch", "lenet5", *arguments)
    assert result.exit_code == 2
    assert "--watch" in result.stderr
    assert "standard input" in run("check", "--watch", "-").stderr
