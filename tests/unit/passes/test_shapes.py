"""Shapes are derived again, and lies are found where they stand."""

from archdsl.graph.model import Graph
from archdsl.passes.shapes import prove
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
