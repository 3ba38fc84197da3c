"""Running the command line in this process, in a folder of its own with a small spec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archdsl.cli.main import cli

NET = """\
# A net for tests.

let widths = [4, 8]

## Two layers.
model Net(depth: int = 2, act: op = relu, method: str = "nearest", rate: float = 0.5, flip: bool = false)
    :: [8, 8, 3] -> [10] {
  repeat depth { conv(widths[0]) -> act }
  -> if flip { reshape([8, 8, 4]) }
  -> upsample(2, method=method) -> global_avg_pool -> dropout(rate) -> dense(10)
}

model Deep = Net(4)

check Net() :: [8, 8, 3] -> [10], params == 310
check Deep(), params <= 1k
"""
BROKEN = "model Bad() :: [8] -> [4] { dense(3) }\n"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("check", "net.arch")`` in a folder that has ``net.arch`` and ``bad.arch``."""
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    (tmp_path / "bad.arch").write_text(BROKEN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHDSL_DEBUG", raising=False)

    def run(*arguments: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="archdsl", input=input)

    return run
