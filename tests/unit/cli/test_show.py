"""``archdsl show``, and the modules that it and imports know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archdsl
from archdsl.files import DiskLoader
from tests.unit.cli.conftest import Run


def test_bundled_models_and_modules_are_printed_as_they_are(run: Run) -> None:
    shown = [run("show", name).stdout for name in ("resnet50", "ResNet101", "zoo.resnet50")]
    assert shown[0].startswith("# The ResNet family")
    assert set(shown) == {shown[0]}
    assert "block Bottleneck(" in run("show", "std.residual").stdout
    assert run("show", "net.arch").stdout == Path("net.arch").read_text(encoding="utf-8")


def test_one_declaration_with_its_comment(run: Run) -> None:
    lines = run("show", "std.conv", "--block", "ConvAct").stdout.splitlines()
    assert lines[:2] == ["## Convolution with bias, then an activation.", "block ConvAct("]
    assert lines[-1] == "}"
    assert run("show", "vit", "--block", "ViTB16").stdout.startswith("model ViTB16  = ViT(patch=16, width=768")


def test_json(run: Run) -> None:
    document = json.loads(run("show", "zoo.vit", "--block", "ViTB16", "--format", "json").stdout)
    assert (document["schema"], document["file"], document["block"]) == ("archdsl-show", "zoo/vit.arch", "ViTB16")
    assert document["text"].startswith("model ViTB16")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["std.residul"], "std.residul: no such module; did you mean `std.residual`?"),
        (["zoo.vits"], "zoo.vits: no such module; did you mean `zoo.vit`"),
        (["std.residual", "--block", "Botleneck"], "std/residual.arch has no `Botleneck`: did you mean `Bottleneck`?"),
        (["resnt50"], "did you mean resnet50"),
    ],
)
def test_what_is_not_there(run: Run, arguments: list[str], message: str) -> None:
    result = run("show", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


BUNDLED = DiskLoader().modules("zoo")


@pytest.mark.parametrize("module", BUNDLED)
def test_every_bundled_spec_can_be_imported(module: str) -> None:
    source = DiskLoader().module(module)
    assert source is not None
    name = next(line.split()[1].partition("(")[0] for line in source.text.splitlines() if line.startswith("model "))
    found = archdsl.check_text(f"from {module} import {name}\nlet used = {name}\ncheck 1 == 1\n")
    assert [d.code for d in found if d.is_error] == []


def test_a_bundled_model_is_a_backbone() -> None:
    text = """from zoo.resnet50 import ResNet
from std.residual import BasicBlock

model Two() :: [128, 128, 3] -> [2] { ResNet(BasicBlock, [1, 1, 1, 1], size=128, classes=7) -> relu -> dense(2) }
"""
    architecture = archdsl.load_text(text)
    assert architecture.diagnostics == ()
    assert [node.path for node in architecture.graph][-2:] == ["relu", "dense"]
    assert architecture.graph.nodes[0].origin.file == "std/conv.arch"


def test_a_folder_of_that_name_in_a_project_is_another(run: Run) -> None:
    Path("zoo").mkdir()
    Path("zoo/vit.arch").write_text("block ViT() { relu }\n", encoding="utf-8")
    text = 'from "zoo/vit.arch" import ViT\nfrom zoo.vit import ViT as Real\nlet real = Real\n'
    Path("both.arch").write_text(text + "model M() :: [8] -> [8] { ViT }\ncheck M() :: [8] -> [8]\n", encoding="utf-8")
    assert run("check", "both.arch").exit_code == 0, run("check", "both.arch").stdout
