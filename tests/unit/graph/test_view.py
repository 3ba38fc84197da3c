"""The networkx view agrees with the graph and finds what is wrong in lists from outside."""

from itertools import pairwise
from random import Random

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from archdsl.graph.view import cycles, longest_path, order, reachable, view
from archdsl.passes.cost import cost
from archdsl.passes.liveness import dead
from tests.unit.graph.build import Builder, op, resnet, tower


def test_view_carries_the_nodes_and_ports() -> None:
    graph = tower()
    digraph = view(graph)
    assert digraph.nodes["deep.1"]["node"] is graph["deep.1"]
    assert digraph.nodes["left"]["port"] is graph.inputs[0]
    assert list(digraph.predecessors("deep.0")) == ["features.conv"]


def test_order_is_that_of_the_graph() -> None:
    for graph in (tower(), resnet((2, 1))):
        assert order(graph) == graph.nodes


def test_reachable_is_the_complement_of_dead() -> None:
    b = Builder("Net", image=(8, 8, 3), unused=(8, 8, 3))
    x = b("image", op("conv", filters=4), name="used")
    y = b(x, op("conv", filters=4), name="idle")
    b(y, op("conv", filters=4), name="idler")
    graph = b.graph(out=x)
    assert reachable(graph) == {"image", "used"}
    assert dead([(n.path, n.inputs) for n in graph], [x]) == ["idle", "idler"]


def test_longest_path_has_the_depth() -> None:
    graph = resnet((1, 2))
    path = longest_path(graph)
    assert sum(node.op.depth for node in path) == cost(graph).depth == 1 + 3 * 3 + 1
    assert all(a.path in b.inputs for a, b in pairwise(path))


def test_cycles_are_named_from_the_first_listed_node() -> None:
    assert cycles([("a", ["a"])]) == (("a",),)
    assert cycles([("c", ["b"]), ("x", []), ("b", ["a"]), ("a", ["c", "x"])]) == (("c", "a", "b"),)
    assert cycles([("a", ["b"]), ("b", ["a"]), ("p", ["q"]), ("q", ["p", "a"])]) == (("a", "b"), ("p", "q"))
    assert cycles([("a", ["x"]), ("b", ["a", "a"])]) == ()


@given(st.lists(st.lists(st.integers(0, 11), max_size=4), min_size=12, max_size=12))
def test_cycles_are_cycles_and_found_exactly_when_there_are_some(inputs: list[list[int]]) -> None:
    nodes = [(str(i), [str(j) for j in row]) for i, row in enumerate(inputs)]
    found, by_name = cycles(nodes), dict(nodes)
    for cycle in found:
        assert all(source in by_name[target] for source, target in pairwise((*cycle, cycle[0])))
    digraph = nx.DiGraph([(source, name) for name, sources in nodes for source in sources])
    assert bool(found) == (not nx.is_directed_acyclic_graph(digraph))


def test_a_knot_of_many_cycles_is_no_trouble() -> None:
    names = [str(i) for i in range(300)]
    assert len(cycles([(name, names) for name in names])) == 1


@given(st.randoms(use_true_random=False))
def test_dead_leaves_exactly_what_the_outputs_need(random: Random) -> None:
    nodes = [(i, [random.randrange(i) for _ in range(random.randrange(3))] if i else []) for i in range(15)]
    outputs = random.sample(range(15), 2)
    digraph = nx.DiGraph([(j, i) for i, inputs in nodes for j in inputs])
    digraph.add_nodes_from(range(15))
    needed = {ancestor for out in outputs for ancestor in nx.ancestors(digraph, out)} | set(outputs)
    assert dead(nodes, outputs) == [i for i in range(15) if i not in needed]
