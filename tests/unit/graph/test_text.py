"""The readable form of a graph."""

from archdsl.graph.text import to_text
from archdsl.graph.tree import Branch, tree, walk
from tests.unit.graph.build import Builder, op, resnet, tower


def test_text_of_a_small_graph() -> None:
    assert to_text(tower()) == (
        "Tower :: (left: [32, 32, 3], right: [32, 32, 3]) -> "
        "(deep: deep.1 = [16, 16, 4], right: features_2.conv = [16, 16, 8])\n"
        "  features: Features(8)\n"
        "    features.conv: left -> conv(8, stride=2) :: [16, 16, 8]\n"
        "  features_2: Features(8)\n"
        "    features_2.conv: right -> conv(8, stride=2) :: [16, 16, 8]  # weights of features.conv\n"
        "  deep:\n"
        "    deep.0: features.conv -> conv(8, k=1, bias=false) :: [16, 16, 8]\n"
        "    deep.1: deep.0 -> conv(4, k=[3, 1], pad=[[1, 1], 0], groups=2) :: [16, 16, 4]\n"
    )


def test_tree_holds_every_node_once_in_order() -> None:
    graph = resnet((2, 1))
    root = tree(graph)
    assert tuple(root.nodes()) == graph.nodes
    for _, item in walk(root):
        assert not isinstance(item, Branch) or item.children


def test_tree_keeps_an_instance_together_that_was_left_and_entered_again() -> None:
    b = Builder("Net", image=(8, 8, 3))
    with b.block("a"):
        x = b("image", op("conv", filters=4), name="0")
    y = b("image", op("conv", filters=4), name="between")
    graph = b.graph(x=x, y=y)
    late = graph.nodes[0].model_copy(update={"path": "a.1", "layer": "a.1"})
    graph = graph.model_copy(update={"nodes": (*graph.nodes, late)})
    assert [node.path for node in tree(graph).nodes()] == ["a.0", "a.1", "between"]
