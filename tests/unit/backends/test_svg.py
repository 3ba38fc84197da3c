"""Diagrams as SVG: small, described, with tooltips, and with nothing of a spec that is more than text."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from archdsl import load, load_text
from archdsl.backends.graphviz import draw
from archdsl.diagram import Options
from archdsl.diagram.theme import LIGHT
from tests.unit.backends.test_graphviz import HOSTILE, hostile

NAMESPACE = "{http://www.w3.org/2000/svg}"
KINDS = {"svg", "g", "title", "desc", "rect", "polygon", "path", "text", "ellipse"}


def drawn(name: str, **options: object) -> Element:
    return ElementTree.fromstring(draw(load(name).graph, "svg", Options(**options)))


def texts(root: Element, kind: str) -> list[str]:
    return [element.text or "" for element in root.iter(NAMESPACE + kind)]


def test_title_and_description_say_what_is_seen() -> None:
    root = drawn("lenet5")
    assert root.get("role") == "img"
    by_id = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert [by_id[name] for name in (root.get("aria-labelledby") or "").split()] == [
        "LeNet5",
        "LeNet5 takes input 32×32×1 and gives output 10. It consists of "
        'c1: conv(6, k=5, pad="valid"), tanh, s2: avg_pool(2), c3: conv(16, k=5, pad="valid"), tanh, s4: avg_pool(2), '
        "flatten, c5: dense(120), tanh, f6: dense(84), tanh and head: dense(10). "
        "61.7 k parameters, 417 k multiply-adds, depth 5.",
    ]


def test_text_is_text() -> None:
    written = texts(drawn("resnet50"), "text")
    assert "Bottleneck(256) ×5" in written
    assert "56×56×64" in written


def test_boxes_tell_more_to_who_points_at_them() -> None:
    tips = texts(drawn("resnet50"), "title")
    assert any(tip.startswith("head\ndense(1000") and "2_049_000 parameters" in tip for tip in tips)
    assert any("A stage of residual blocks" in tip for tip in tips)  # the doc comment


@pytest.mark.parametrize(("name", "depth", "most"), [("resnet50", None, 20_000), ("resnet50", "all", 150_000)])
def test_it_is_small(name: str, depth: object, most: int) -> None:
    """A third of what Graphviz writes, and no more than a small photo."""
    assert len(draw(load(name).graph, "svg", Options(depth=depth))) < most


def test_nothing_needless_is_in_it() -> None:
    written = draw(load("resnet50").graph, "svg").decode()
    assert not [word for word in ("<!--", "xlink", "xml:space", "DOCTYPE", "class=") if word in written]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_a_spec_stays_text(text: str) -> None:
    root = ElementTree.fromstring(draw(hostile(text), "svg"))
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= KINDS
    assert not {name for element in root.iter() for name in element.attrib if name.startswith(("on", "href"))}


def test_the_legend_names_the_families_that_occur() -> None:
    named = texts(drawn("lenet5"), "text")
    assert {"convolution", "activation", "pooling", "shape", "linear"} <= {*named}
    assert "joining" not in named


def test_a_long_name_does_not_stretch_the_legend() -> None:
    graph = load_text(f"model {'Long' * 30}() :: [8] -> [8] {{ dense(8) -> relu }}").graph
    root = ElementTree.fromstring(draw(graph, "svg"))
    first = next(each for each in root.iter(NAMESPACE + "rect") if each.get("stroke") not in (None, "none"))
    assert first.get("width") == "18"


def test_columns_have_neither_lines_nor_tooltips() -> None:
    root = drawn("vgg16")
    grounds = [r for r in root.iter(NAMESPACE + "rect") if r.get("fill") == LIGHT.background and not r.get("stroke")]
    assert len(grounds) == 1
    assert sum("arXiv" in tip or "Very deep" in tip for tip in texts(root, "title")) == 0


def test_heat_gives_its_scale_and_each_figure() -> None:
    named = texts(drawn("vgg16", color="params"), "text")
    assert "≥ 30 %" in named
    assert "< 0.3 % of parameters" in named
    assert any(text.endswith("%)") for text in named)


def test_a_removed_op_is_marked_by_sign_line_and_legend() -> None:
    named = texts(drawn("lenet5", marks={"c3": "removed", "c5": "added"}), "text")
    assert {"− c3", "+ c5", "− removed", "+ added"} <= {*named}
    lines = [element.get("stroke-dasharray") for element in drawn("lenet5", marks={"c3": "removed"}).iter()]
    assert any(lines)
