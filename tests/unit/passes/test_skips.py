"""Skip connections are found wherever a short way round is added, and the plain model is proved without them."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.graph.model import Graph
from archdsl.passes.bypass import bypass
from archdsl.passes.cost import cost
from archdsl.passes.shapes import prove
from archdsl.passes.skips import NoSkips, skips, without_skips


def _graph(body: str, inputs: str = "[8, 8, 16]", declared: str = "[8, 8, 16]") -> Graph:
    return archdsl.load_text(f"model Net() :: {inputs} -> {declared} {{ {body} }}").graph


@pytest.mark.parametrize(
    ("model", "blocks"),
    [("resnet50", 16), ("resnet152", 50), ("MobileNetV2", 10), ("EfficientNetB0", 9), ("SwinT", 24), ("ViTB16", 24)],
)
def test_of_the_zoo(model: str, blocks: int) -> None:
    graph = archdsl.load(model).graph
    plain = without_skips(graph)
    assert len(skips(graph)) == blocks
    assert not any(node.op.name == "add" for node in plain)
    assert [port.shape for port in plain.outputs] == [port.shape for port in graph.outputs]
    assert not prove(plain)


def test_projections_go_with_their_shortcuts() -> None:
    full, plain = archdsl.load("resnet50").graph, without_skips(archdsl.load("resnet50").graph)
    gone = {node.path for node in full} - {node.path for node in plain}
    assert {path for path in gone if path.endswith(".conv")} == {
        f"c{stage}.blocks.0.skip.conv_bn.conv" for stage in (2, 3, 4, 5)
    }
    assert cost(plain).depth == cost(full).depth == 50


def test_without_shortcuts_a_plain_chain_remains() -> None:
    graph = _graph("add { main: conv(16) -> relu -> conv(16)  skip: id } -> relu")
    assert [node.op.name for node in without_skips(graph)] == ["conv", "relu", "conv", "relu"]


def test_of_three_operands_only_the_long_one_stays() -> None:
    graph = _graph("add { main: conv(16) -> conv(16)  one: id  two: conv(16, k=1) }")
    assert [node.op.name for node in without_skips(graph)] == ["conv", "conv"]


@pytest.mark.parametrize(
    "body",
    [
        "conv(16) -> relu",
        "add { a: conv(16)  b: conv(16, k=1) }",
        "add { a: conv(16) -> conv(16)  b: conv(16) -> conv(16) }",
        "add { a: relu  b: tanh }",
        "concat { a: conv(8) -> conv(8)  b: conv(8) }",
        "mul { a: conv(16) -> conv(16)  b: id }",
    ],
)
def test_branches_and_gates_are_no_skips(body: str) -> None:
    graph = _graph(body)
    assert skips(graph) == {}
    with pytest.raises(NoSkips, match="Net has no skip connections"):
        without_skips(graph)


def test_a_concatenation_is_said_to_be_none() -> None:
    with pytest.raises(NoSkips, match="concatenations are none"):
        without_skips(archdsl.load("densenet121").graph)


def test_a_skip_within_a_skip() -> None:
    graph = _graph("add { main: conv(16) -> add { main: conv(16) -> conv(16)  skip: id } -> conv(16)  skip: id }")
    assert [node.op.name for node in without_skips(graph)] == ["conv"] * 4


def test_several_inputs_and_outputs() -> None:
    graph = archdsl.load_text(
        "model Net() :: (a: [8], b: [8]) -> (x: [8], y: [8]) {\n"
        "  ports { x: a -> add { main: dense(8) -> dense(8)  skip: id }  y: add { one: a  two: b -> dense(8) } }\n}"
    ).graph
    assert len(skips(graph)) == 1
    assert [port.name for port in without_skips(graph).outputs] == ["x", "y"]


def test_shared_weights_keep_an_owner() -> None:
    graph = archdsl.load_text(
        "block Twin() :: [8] -> [8] { dense(8) }\nmodel Net() :: [8] -> [8] {\n  shared twin = Twin()\n"
        "  add { skip: twin  main: twin -> relu -> dense(8) -> dense(8) }\n}"
    ).graph
    dense = [node for node in graph if node.layer == graph.nodes[0].path]
    changed = bypass(graph, {dense[0].path: "input"})
    owners = {node.layer for node in changed}
    assert owners <= {node.path for node in changed}


def test_what_no_output_needs_is_dropped() -> None:
    graph = _graph("conv(16) -> batch_norm -> conv(16) -> relu")
    assert [n.path for n in bypass(graph, {graph.nodes[2].path: "input"})] == [graph.nodes[3].path]
