"""What Python programs and notebooks show of architectures, summaries, comparisons and differences."""

from __future__ import annotations

import pydoc
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import archdsl
import archdsl.importer  # so that specs can be imported

ACT = "model Net(act: op = relu, acts: list[op] = [relu]) :: [8] -> [4] { dense(4) -> act -> { for a in acts { a } } }"


@pytest.fixture(scope="module")
def resnet() -> archdsl.Architecture:
    return archdsl.load("resnet50")


def test_repr_is_one_line(resnet: archdsl.Architecture) -> None:
    assert repr(resnet) == "<Architecture ResNet50 :: [224, 224, 3] -> [1000], 174 nodes>"
    assert repr(resnet.graph) == str(resnet.graph) == "<Graph ResNet50: 174 nodes>"
    assert repr(resnet.summary()) == "<Summary ResNet50 :: [224, 224, 3] -> [1000], 25.6 M params, 4.09 G MACs>"
    difference = archdsl.diff(resnet, archdsl.load("resnet101"))
    assert repr(difference) == "<Difference ResNet50 → ResNet101: 17 edits, +19_044_352 params, +3.71 G MACs>"
    compared = archdsl.compare(["resnet18", "resnet50"])
    assert repr(compared) == "<2 models: ResNet18, ResNet50>"
    assert repr(compared[1]) == "<Entry ResNet50: 25.6 M params, 4.09 G MACs>"


def test_equal_values_have_equal_hashes() -> None:
    one, same, other = archdsl.load("lenet5"), archdsl.load("lenet5"), archdsl.load("alexnet")
    assert len({one, same, other}) == 2
    assert len({one.graph, same.graph, other.graph}) == 2
    assert len({one.summary(), same.summary(), other.summary()}) == 2


def test_pictures_and_tables_in_notebooks(resnet: archdsl.Architecture) -> None:
    assert ET.fromstring(resnet._repr_svg_()).tag.endswith("svg")
    page = resnet._repr_html_()
    assert "<svg" in page
    assert "Bottleneck(64)" in page
    assert "<!doctype" not in page, "a part of somebody else's page"
    assert "body {" not in page
    assert "<table>" in archdsl.compare(["resnet18", "resnet50"])._repr_html_()
    difference = archdsl.diff("resnet18", "resnet34")
    assert ET.fromstring(difference._repr_svg_() or "").tag.endswith("svg")
    assert "<pre>" in difference._repr_html_()


def test_text_of_specs_is_escaped_in_notebooks() -> None:
    text = 'model Net() :: [8] -> [4] { about { note = "</table><script>" }\n dense(4) }'
    (entry,) = archdsl.comparison.Entries([archdsl.comparison.measure(archdsl.load_text(text).graph, "<b>.arch")])
    page = archdsl.comparison.Entries([entry])._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;.arch" in page


def test_render(resnet: archdsl.Architecture, tmp_path: Path) -> None:
    assert resnet.render(tmp_path / "net.png", depth=1) is None
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert resnet.render(format="png", depth=1) == (tmp_path / "net.png").read_bytes()
    assert resnet.render(format="mmd").startswith(("---", "flowchart"))
    assert "<!doctype html>" in resnet.render(format="html").lower()
    assert resnet.render(fold=("c2",)) != resnet.render()
    with pytest.raises(ValueError, match="nope"):
        resnet.render(unfold=("nope",))
    with pytest.raises(TypeError):
        resnet.render(colour="params")


def test_ops_are_values_of_parameters() -> None:
    for given, op in ((archdsl.op("gelu"), "gelu"), (archdsl.op("leaky_relu(0.2)"), "leaky_relu")):
        net = archdsl.load_text(ACT, act=given, acts=[given, archdsl.op("tanh")])
        assert [node.op.name for node in net.graph] == ["dense", op, op, "tanh"]
    assert repr(archdsl.op("gelu")) == "archdsl.op('gelu')"


def test_blocks_of_the_spec_are_values_too() -> None:
    assert archdsl.load("resnet50:ResNet", unit=archdsl.op("Bottleneck"), depths=[3, 4, 6, 3]).summary().depth == 50


def test_a_text_in_place_of_an_op_says_what_python_writes() -> None:
    with pytest.raises(archdsl.ArchError) as raised:
        archdsl.load_text(ACT, act="gelu")
    assert "archdsl.op('gelu')" in "".join(raised.value.diagnostics[0].help)
    with pytest.raises(archdsl.ArchError) as raised:
        archdsl.load_text(ACT, act=archdsl.op("gelo"))
    (found,) = raised.value.diagnostics
    assert (found.code, found.span.text, found.span.source.name) == ("unknown-name", "gelo", "<act>")


def test_sweeps_over_ops() -> None:
    found = archdsl.scale(
        "resnet50:ResNet", {"unit": [archdsl.op("BasicBlock"), archdsl.op("Bottleneck")]}, depths=[2, 2, 2, 2], size=64
    )
    assert [entry.arguments["unit"] for entry in found] == ["BasicBlock", "Bottleneck"]
    assert str(found).split()[:2] == ["unit", "input"]
    assert [entry.depth for entry in found.sorted("depth", descending=True)] == [26, 18]


@pytest.mark.parametrize("doc", ["## A small net.\n", ""])
def test_help_shows_parameters_and_documentation(doc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"helped_net_{len(doc)}"
    (tmp_path / f"{name}.arch").write_text(f"{doc}model Net(width: int = 4) :: [8] -> [width] {{ dense(width) }}\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__(name)
    shown = pydoc.plain(pydoc.render_doc(module.Net))
    del sys.modules[name]
    assert "Net(width: int = 4)" in shown
    assert ("A small net." if doc else "load() gives its architecture") in shown
