"""``archdsl import MODULE:NAME``: what is refused. What is read is tried where PyTorch and Keras are."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from archdsl.cli.main import cli

MODULE = """
def raising():
    raise ValueError("no such width")
def wanting(width):
    return width
number = 3
class Namespace:
    text = "net"
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_here:net", "importing `no_such_module_here` raises ModuleNotFoundError"),
        ("live_broken:net", "importing `live_broken` raises SyntaxError"),
        (":net", "importing `` raises ValueError"),
        ("live_nets:missing", "`live_nets` has no `missing`"),
        ("live_nets:Namespace.missing", "`live_nets` has no `Namespace.missing`"),
        ("live_nets:raising", "`raising()` raises ValueError: no such width"),
        ("live_nets:wanting", "`wanting()` raises TypeError: wanting() missing 1 required positional argument"),
        ("live_nets:number", "it is of type `int`, no module of PyTorch or model of Keras"),
        ("live_nets:Namespace.text", "it is of type `str`, no module of PyTorch or model of Keras"),
    ],
)
def test_what_is_no_model(name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "live_nets.py").write_text(MODULE)
    (tmp_path / "live_broken.py").write_text("def net(:\n")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["import", name, "-o", "net.arch"])
    assert result.exit_code == 1, result.output
    assert f"{name} cannot be imported" in result.stderr
    assert said in result.stderr
    assert not Path("net.arch").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["net.keras", "--input", "3,32,32"], "a file knows the sizes of its inputs"),
        (["live_nets:number", "--input", "3x32x32"], "--input takes numbers and commas"),
        (["live_nets:number", "--input", "3,0,32"], "--input takes sizes of 1 and more"),
    ],
)
def test_sizes_of_inputs(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, ["import", *arguments])
    assert result.exit_code == 2
    assert said in result.stderr
