"""Shapes are derived again, and lies are found where they stand."""

import pytest

import archdsl
from archdsl.graph.dims import Sym
from archdsl.graph.model import Graph
from archdsl.passes.shapes import Disagreement, prove
from tests.unit.graph.build import resnet, tower


def with_node(graph: Graph, path: str, **update: object) -> Graph:
    nodes = tuple(node.model_copy(update=update) if node.path == path else node for node in graph)
    return graph.model_copy(update={"nodes": nodes})


def test_graphs_from_the_rules_are_proved() -> None:
    assert prove(resnet((1, 1))) == ()
    assert prove(tower()) == ()


def test_a_wrong_shape_is_named_and_does_not_spread() -> None:
    graph = with_node(resnet((2,)), "c2.0.main.1.conv", shape=(9, 9, 64))
    found = [str(d) for d in prove(graph)]
    assert found[0] == "c2.0.main.1.conv is stated to be [9, 9, 64] and is [56, 56, 64]"
    assert len(found) == 2, "itself, and the one place that uses it"


def test_an_op_that_cannot_take_its_inputs_says_why() -> None:
    graph = with_node(resnet((1,)), "c2.0.main.2.batch_norm", shape=(56, 56, 255))
    found = {d.path: d for d in prove(graph)}
    assert found["c2.0.add"].derived is None
    assert found["c2.0.add"].reason == "branches of `add` have different shapes"


def test_outputs_are_judged_too() -> None:
    graph = tower()
    ports = (graph.outputs[0].model_copy(update={"shape": (1,)}), graph.outputs[1])
    (found,) = prove(graph.model_copy(update={"outputs": ports}))
    assert str(found) == "deep is stated to be [1] and is [16, 16, 4]"


@pytest.mark.parametrize(
    ("line", "inputs", "reason"),
    [
        ("relu", 2, "`relu` takes 1 inputs, not 2"),
        ("add { id, id }", 1, "`add` takes 2 or more inputs, not 1"),
        ("attention(2)", 5, "`attention` takes 1 to 4 inputs, not 5"),
        ("subtract { id, id }", 3, "`subtract` takes 2 inputs, not 3"),
    ],
)
def test_an_op_with_too_few_or_too_many_inputs(line: str, inputs: int, reason: str) -> None:
    graph = archdsl.load_text(f"model M :: [4, 8] -> [4, 8] {{ {line} }}").graph
    (node,) = graph.nodes
    (found,) = prove(with_node(graph, node.path, inputs=("input",) * inputs))
    assert found == Disagreement(node.path, (4, 8), None, reason)


def test_a_misfit_keeps_what_was_stated() -> None:
    graph = archdsl.load_text("model M :: [4, 8] -> [4, 6] { dense(6) }").graph
    ports = (graph.inputs[0].model_copy(update={"shape": (4, Sym.named("h"))}),)
    (found,) = prove(graph.model_copy(update={"inputs": ports}))
    reason = "`dense` needs the features as a number, and `h` is known only when the model runs"
    assert found == Disagreement("dense", (4, 6), None, reason)


def test_a_size_that_the_rule_cannot_divide() -> None:
    graph = archdsl.load_text("model M :: [4, 4, 8] -> [2, 2, 32] { space_to_depth(2) }").graph
    ports = (graph.inputs[0].model_copy(update={"shape": (Sym.named("h") + 1, 4, 8)}),)
    (found,) = prove(graph.model_copy(update={"inputs": ports}))
    assert (found.path, found.stated, found.derived) == ("space_to_depth", (2, 2, 32), None)
    assert "h + 1" in found.reason
