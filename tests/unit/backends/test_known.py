"""What has opaque steps is refused by every backend, at each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.backends.onnx.weights import initial
from archdsl.cli.main import cli
from archdsl.diagnostics import ArchError

TEXT = """\
model Net() :: [8, 8, 3] -> [8, 8, 3] {
  opaque(layer="mine>Blur", size=[8, 8, 3])
  -> conv(3)
  -> opaque(layer="Other", size=[8, 8, 3])
}
"""
FORMS: dict[str, Callable[[archdsl.Architecture, Path], object]] = {
    "a Keras model": lambda net, _: net.build(),
    "an ONNX model": lambda net, folder: net.to_onnx(folder / "net.onnx"),
    "an OpenVINO model": lambda net, folder: net.to_openvino(folder / "net.xml"),
    "an optimised model": lambda net, folder: net.optimised(weights_to=folder / "net.safetensors"),
    "PyTorch code": lambda net, _: net.to_torch(),
    "Keras code": lambda net, _: net.to_python(),
    "fresh weights": lambda net, _: initial(net.graph, 0),
}
NEEDS = {"a Keras model": "keras", "an ONNX model": "onnx", "an OpenVINO model": "openvino"}


@pytest.mark.parametrize("form", FORMS)
def test_each_is_told_at_its_place(form: str, tmp_path: Path) -> None:
    if form in NEEDS:
        pytest.importorskip(NEEDS[form])
    with pytest.raises(ArchError) as caught:
        FORMS[form](archdsl.load_text(TEXT), tmp_path)
    found = caught.value.diagnostics
    assert [each.code for each in found] == ["opaque-step"] * 2
    assert f'{form} cannot be made: what "mine>Blur" at opaque computes is not known' in found[0].text
    if form != "fresh weights":  # it is given no text
        assert [each.span.line for each in found] == [2, 4]
    assert not [*tmp_path.iterdir()]


def test_commands_end_with_the_error(tmp_path: Path) -> None:
    spec = tmp_path / "net.arch"
    spec.write_text(TEXT, encoding="utf-8")
    for target in (["--to", "torch"], ["--to", "python"], ["-o", str(tmp_path / "net.onnx")]):
        result = CliRunner().invoke(cli, ["compile", str(spec), *target])
        assert result.exit_code == 1
        assert "error[opaque-step]" in result.output
        assert "only its shapes are known" in result.output


def test_what_needs_no_backend_works(tmp_path: Path) -> None:
    spec, picture = tmp_path / "net.arch", tmp_path / "net.dot"
    spec.write_text(TEXT, encoding="utf-8")
    for command in (["check"], ["summary"], ["fmt", "--check"], ["render", "-o", str(picture)], ["show"]):
        result = CliRunner().invoke(cli, [command[0], str(spec), *command[1:]])
        assert result.exit_code == 0, result.output
    assert "mine>Blur" in picture.read_text(encoding="utf-8")
