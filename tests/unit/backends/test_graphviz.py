"""Diagrams as DOT: what is drawn, and that nothing in a spec can become more than text."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from archdsl.backends.graphviz import to_dot
from archdsl.backends.graphviz.layout import _program, _run
from archdsl.diagram import Options, plan
from archdsl.graph.dims import Sym
from archdsl.graph.json import from_json, to_json
from archdsl.graph.model import Graph
from archdsl.ops.call import Call
from tests.unit.graph.build import Builder, op, resnet, tower

EVERYTHING = Options(depth="all")


def laid_out(dot: str) -> dict[str, Any]:
    """What Graphviz understood, as its own JSON."""
    drawn: dict[str, Any] = json.loads(_run(_program(), "json", dot.encode()))
    return drawn


def boxes(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in drawn["objects"] if not item["name"].startswith(("cluster", "shape/"))]


def clusters(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in drawn["objects"] if item["name"].startswith("cluster")]


def edges(drawn: dict[str, Any]) -> dict[tuple[str, str], str]:
    """From box to box, with the shapes that stand on them, which are nodes to Graphviz."""
    items = {item["_gvid"]: item for item in drawn["objects"]}
    pairs = [(items[e["tail"]], items[e["head"]]) for e in drawn["edges"]]
    before = {head["name"]: tail["name"] for tail, head in pairs if head["name"].startswith("shape/")}
    return {
        (before.get(tail["name"], tail["name"]), head["name"]): tail["label"] if tail["name"] in before else ""
        for tail, head in pairs
        if not head["name"].startswith("shape/")
    }


def test_the_same_graph_gives_the_same_text() -> None:
    assert to_dot(resnet((1, 1))) == to_dot(from_json(to_json(resnet((1, 1)))))


def test_every_op_has_a_box_and_every_block_a_cluster() -> None:
    graph = resnet((2, 1))
    drawn = laid_out(to_dot(graph, EVERYTHING))
    labels = {item["name"]: item["label"] for item in boxes(drawn)}
    assert {node.path for node in graph} <= set(labels)
    assert labels["stem.conv"] == r"conv(64, k=7, stride=2, bias=false)"
    assert labels["head"] == r"head\ndense(1000)"
    assert labels["in/0"] == r"image\n224×224×3"
    assert labels["out/0"] == r"logits\n1000"
    titles = [item["label"] for item in clusters(drawn)]
    assert len(titles) == len(graph.instances) - 1
    assert "c3: Stage(128, depth=1)" in titles
    assert "Bottleneck(64)" in titles
    assert "main" in titles


def test_edges_show_the_shape_where_it_changed() -> None:
    drawn = laid_out(to_dot(tower(Sym.named("h")), EVERYTHING))
    assert edges(drawn) == {
        ("in/0", "features.conv"): "",
        ("in/1", "features_2.conv"): "",
        ("features.conv", "deep.0"): "h/2×h/2×8",
        ("deep.0", "deep.1"): "",
        ("deep.1", "out/0"): "",
        ("features_2.conv", "out/1"): "",
    }


def test_a_tensor_used_twice_in_a_block_forks_inside_of_it() -> None:
    drawn = plan(resnet((2,)), EVERYTHING)
    forks = [fork for frame in drawn.frames() for fork in frame.forks]
    assert len(forks) == 2
    into = {edge.tail: edge.head for edge in drawn.edges if edge.head in forks}
    assert set(into) == {"max_pool", "c2.0.relu"}
    out = [edge.head for edge in drawn.edges if edge.tail == into["c2.0.relu"]]
    assert out == ["c2.1.main.0.conv", "c2.1.add"]


def test_blocks_fold_to_the_levels_asked_for() -> None:
    drawn = laid_out(to_dot(resnet(), Options(depth=1)))
    labels = [item["label"] for item in boxes(drawn)]
    assert labels == [
        r"image\n224×224×3",
        r"stem\nConvBNAct(64, k=7, stride=2)",
        "max_pool(3, stride=2)",
        r"c2\nStage(64, depth=3, stride=1)",
        r"c3\nStage(128, depth=4)",
        r"c4\nStage(256, depth=6)",
        r"c5\nStage(512, depth=3)",
        "global_avg_pool",
        r"head\ndense(1000)",
        r"logits\n1000",
    ]
    assert not clusters(drawn)
    assert len(edges(drawn)) == 9
    assert len(laid_out(to_dot(resnet(), Options(depth=2)))["objects"]) > len(labels)


def test_an_op_that_takes_a_tensor_twice_has_two_edges() -> None:
    b = Builder("Twice", image=(8, 8, 3))
    dot = to_dot(b.graph(out=b("image", "image", op("add"))))
    assert len(laid_out(dot)["edges"]) == 3


HOSTILE = [
    '"]; x [label=<b>',
    "<b>bold</b>",
    "<<table><tr><td>x</td></tr></table>>",
    "\\N\\G\\E \\l\\r\\n",
    "ends in a backslash\\",
    '\\"; evil [image="/etc/passwd"',
    "a:b:c",
    "node",
    "graph",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "]]>",
    "-- -> ; # // /*",
    "%s {0}",
    "zero\x00byte \x1b[31m \x7f \u2028",
    "Größe 畳み込み",
    "",
]


def hostile(text: str) -> Graph:
    """The text everywhere that a JSON graph may have text, around two ops."""
    b = Builder(text, **{text + "i": (8, 8, 3)})
    with b.block("a" + text, Call(text), doc=text):
        x = b(text + "i", op("conv", filters=4), name=text + "x")
    with b.block("b" + text, doc=text):
        x = b(x, op("conv", filters=4), name=text + "y")
    return b.graph(**{text: x}).model_copy(update={"doc": text})


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("depth", [None, 1, "all"])
def test_text_from_a_spec_stays_text(text: str, depth: Any) -> None:
    dot = to_dot(hostile(text), Options(depth=depth))
    drawn = laid_out(dot)
    assert len(boxes(drawn)) == 4
    assert len(edges(drawn)) == 3
    assert "image" not in {key for item in drawn["objects"] for key in item}
    shown = re.sub("[\x00-\x1f\x7f\u2028]", "\N{REPLACEMENT CHARACTER}", text)
    labels = [item["label"] for item in drawn["objects"] if not item["name"].startswith("fork")]
    assert any(shown.replace("\\", "\\\\") in label for label in labels)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_a_spec_stays_text_in_svg(text: str) -> None:
    root = ElementTree.fromstring(_run(_program(), "svg", to_dot(hostile(text)).encode()))
    kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert kinds <= {"svg", "g", "title", "polygon", "path", "text", "a", "ellipse"}
