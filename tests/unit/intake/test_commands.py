"""Files of other programs in the place of specs: read, and not saved."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.intake.errors import Unreadable
from tests.unit.intake.configs import Net, residual, saved

run = partial(CliRunner().invoke, cli)


@pytest.fixture
def nets(tmp_path: Path) -> tuple[str, str]:
    small = saved(tmp_path, residual([1, 1], [8, 16]), "small.keras")
    large = saved(tmp_path, residual([1, 2], [8, 16]), "Large.KERAS")
    return str(small), str(large)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["summary"], "conv"),
        (["check"], "1 check"),
        (["compare"], "small.keras"),
    ],
)
def test_commands_take_a_file(command: list[str], said: str, nets: tuple[str, str], tmp_path: Path) -> None:
    before = {*tmp_path.iterdir()}
    result = run([command[0], nets[0], *command[1:]])
    assert result.exit_code == 0, result.output
    assert said in result.output
    assert {*tmp_path.iterdir()} == before


def test_pictures_and_pages(nets: tuple[str, str], tmp_path: Path) -> None:
    picture, page = tmp_path / "net.dot", tmp_path / "net.html"
    for command in (["render", nets[0], "-o", str(picture)], ["render", nets[0], "-o", str(page)]):
        result = run(command)
        assert result.exit_code == 0, result.output
    assert "digraph" in picture.read_text(encoding="utf-8")
    assert "ResNet" in page.read_text(encoding="utf-8")


def test_a_difference(nets: tuple[str, str], tmp_path: Path) -> None:
    result = run(["diff", *nets])
    assert result.exit_code == 0, result.output
    assert "small.keras → Large.KERAS" in result.output
    spec = tmp_path / "net.arch"
    assert run(["import", nets[0], "-o", str(spec)]).exit_code == 0
    assert "no difference" in run(["diff", nets[0], str(spec)]).output
    assert not archdsl.diff(nets[0], spec)
    assert archdsl.diff(*nets)


def test_in_python(nets: tuple[str, str]) -> None:
    found = archdsl.load(nets[0])
    assert found.name == "ResNet"
    assert "residual" in found.source or "add {" in found.source
    assert archdsl.load_text(found.source).summary().params == found.summary().params


def test_what_is_refused(tmp_path: Path) -> None:
    net = Net([8, 8, 3])
    bad = saved(tmp_path, net.document(net.add("Mystery", net.input, name="odd\x1b[1m")), "bad.keras")
    result = run(["summary", str(bad)])
    assert (result.exit_code, "(Mystery): there is no such layer" in result.output) == (2, True)
    assert "\x1b" not in result.output
    assert run(["summary", str(tmp_path / "none.keras")]).exit_code == 2
    assert run(["summary", str(bad), "--set", "a=1"]).exit_code == 2
    with pytest.raises(Unreadable):
        archdsl.load(bad)
