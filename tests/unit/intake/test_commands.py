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


def test_what_cannot_be_read_is_opaque_on_request(tmp_path: Path) -> None:
    net = Net([8, 8, 3])
    wide = net.add("Conv2D", net.input, filters=4, kernel_size=[3, 3])
    file = str(saved(tmp_path, net.document(net.add("Mystery", wide, name="odd")), "odd.keras"))
    picture = str(tmp_path / "net.dot")
    commands = (["summary"], ["check"], ["show"], ["compare"], ["render", "-o", picture], ["diff", file])
    for command in (*commands, ["select", "--max-params", "1M"]):
        refused = run([*command, file])
        assert (refused.exit_code, "= help: --opaque reads the rest" in refused.output) == (2, True), command
        refused = run([*command, file, "--opaque"])
        assert (refused.exit_code, "= help: --shape LAYER=SIZE" in refused.output) == (2, True), command
        told = run([*command, file, "--shape", "odd=5", "--opaque"])
        assert told.exit_code == 0, told.output
    assert "Mystery" in Path(picture).read_text(encoding="utf-8")
    assert 'opaque(layer="Mystery", size=[5]' in run(["show", file, "--opaque", "--shape", "odd=5"]).output


def test_a_shape_is_told_of_opaque_steps_alone(nets: tuple[str, str]) -> None:
    assert "--shape is for the steps of --opaque" in run(["summary", nets[0], "--shape", "odd=5"]).output
    assert "not odd" in run(["summary", nets[0], "--opaque", "--shape", "odd"]).output
    assert run(["summary", nets[0], "--opaque"]).exit_code == 0, "all of it can be read"


def test_builders_take_no_opaque_steps(nets: tuple[str, str], tmp_path: Path) -> None:
    net = Net([8, 8, 3])
    bad = str(saved(tmp_path, net.document(net.add("Mystery", net.input, name="odd")), "bad.keras"))
    assert run(["compile", nets[0], "--opaque"]).exit_code == 2
    assert "--opaque" not in run(["compile", bad]).output


def test_a_subclassed_model_has_a_page(tmp_path: Path) -> None:
    document = {"module": None, "class_name": "Mine", "config": {"width": 8}, "registered_name": "Mine"}
    file = str(saved(tmp_path, document, "mine.keras"))
    for command, code in (("import", 1), ("summary", 2)):
        result = run([command, file, "--opaque"])
        assert result.exit_code == code
        assert "error[subclassed-model]: " in result.stderr
        assert "`Mine` is a class of its own" in result.stderr
        assert "= help: load it with Keras" in result.stderr
    with pytest.raises(Unreadable) as caught:
        archdsl.load(file)
    assert caught.value.code == "subclassed-model"
    assert "archdsl.from_keras(model)" in str(caught.value)
    assert "`Mine`" not in run(["explain", "subclassed-model"]).output
    assert "archdsl import nets:net" in run(["explain", "subclassed-model"]).output
