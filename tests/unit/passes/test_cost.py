"""Counts against published figures and against sums done by hand."""

import time

import pytest

import archdsl
from archdsl.graph.dims import Sym
from archdsl.graph.model import Graph, Node
from archdsl.passes.cost import cost
from tests.patience import patience
from tests.unit.graph.build import ORIGIN, op, resnet, tower


def test_resnet_50_as_the_papers_count_it() -> None:
    found = cost(resnet())
    assert found.params == 25_610_152
    assert found.trainable == 25_557_032  # torchvision's count
    assert found.non_trainable == 53_120
    assert found.macs == 4_089_184_256
    assert found.depth == 50


def test_resnet_101_and_its_activations() -> None:
    found = cost(resnet((3, 4, 23, 3)))
    assert found.trainable == 44_549_160
    assert found.depth == 101
    assert found.activations == pytest.approx(16.2e6, rel=0.01)  # Radosavovic et al. 2020, table 4


def test_shared_weights_count_once_and_work_every_time() -> None:
    found = cost(tower())
    first, second = found.nodes["features.conv"], found.nodes["features_2.conv"]
    assert (first.params, second.params) == (3 * 3 * 3 * 8 + 8, 0)
    assert first.macs == second.macs == 16 * 16 * 8 * 27
    assert found.params == 224 + 8 * 8 + 3 * 4 * 4 + 4
    assert found.depth == 3


def test_open_dimensions_make_expressions() -> None:
    found = cost(tower(Sym.named("h")))
    assert str(found.macs) == "136*h*h"
    assert str(found.activations) == "7*h*h"
    assert found.params == 340


def test_frozen_weights_are_not_trainable() -> None:
    graph = resnet((1,))
    frozen = tuple(
        node.model_copy(update={"op": node.op.model_copy(update={"trainable": False})})
        if node.op.name == "conv"
        else node
        for node in graph
    )
    found = cost(graph.model_copy(update={"nodes": frozen}))
    convs = sum(found.nodes[node.path].params for node in graph if node.op.name == "conv")
    assert found.params == cost(graph).params
    assert found.trainable == cost(graph).trainable - convs


def test_an_output_that_is_an_input_costs_nothing() -> None:
    graph = tower()
    port = graph.outputs[0].model_copy(update={"node": "left", "shape": graph.inputs[0].shape})
    through = Graph(name="Id", inputs=graph.inputs, outputs=(port,), nodes=(), instances=graph.instances[:1])
    assert (cost(through).params, cost(through).macs, cost(through).depth) == (0, 0, 0)


def test_time_is_linear_in_the_nodes() -> None:
    """A hundred thousand nodes take about 0.3 s; the bound leaves room for a slow machine."""
    conv, nodes, previous = op("conv", filters=3), [], "image"
    for i in range(100_000):
        node = Node(
            path=f"conv_{i}",
            op=conv,
            inputs=(previous,),
            shape=(8, 8, 3),
            instance=0,
            origin=ORIGIN,
            layer=f"conv_{i}",
        )
        nodes.append(node)
        previous = node.path
    small = tower()
    port = small.inputs[0].model_copy(update={"name": "image", "node": "image", "shape": (8, 8, 3)})
    out = port.model_copy(update={"name": "out", "node": previous})
    graph = Graph(name="Long", inputs=(port,), outputs=(out,), nodes=tuple(nodes), instances=small.instances[:1])
    start = time.process_time()
    assert cost(graph).depth == 100_000
    assert time.process_time() - start < patience(2)


def test_depth_is_that_of_the_longest_path() -> None:
    text = "model M :: [8] -> [8] { add { id, { dense(8) -> dense(8) -> relu }, dense(8) } }"
    assert cost(archdsl.load_text(text).graph).depth == 2
    assert cost(archdsl.load_text("model M :: [8] -> [8] { relu }").graph).depth == 0
    assert cost(archdsl.load_text("model M :: [8] -> [8] { id }").graph).depth == 0


def test_shares_are_added_up() -> None:
    """Of 6 x 8 weights and 8 biases twice, once frozen, and a norm of 8 channels."""
    text = "model M :: [3, 6] -> [3, 8] { dense(8) -> batch_norm -> dense(8, trainable=false) }"
    found = cost(archdsl.load_text(text).graph)
    assert [(c.trainable, c.non_trainable, c.params) for c in found.nodes.values()] == [
        (56, 0, 56),
        (16, 16, 32),
        (0, 72, 72),
    ]
    assert (found.trainable, found.non_trainable, found.params) == (72, 88, 160)
    assert (found.macs, found.activations) == (3 * 6 * 8 + 3 * 8 * 8, 2 * 3 * 8)
