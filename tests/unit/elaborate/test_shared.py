"""``shared``: which nodes own weights, and which use those of others."""

from __future__ import annotations

from archdsl.graph.model import Graph
from tests.unit.elaborate.specs import flow, graph, mistakes, program


def _owners(made: Graph) -> dict[str, str]:
    """Nodes that use the weights of others."""
    return {node.path: node.layer for node in made if node.layer != node.path}


def test_every_use_has_the_weights_of_the_first() -> None:
    made = flow("shared f = conv(8, k=3)\nrelu -> f -> gelu -> f -> f")
    assert list(made.by_path) == ["relu", "f", "gelu", "f_1", "f_2"]
    assert _owners(made) == {"f_1": "f", "f_2": "f"}


def test_uses_without_shared_own_what_they_use() -> None:
    assert _owners(flow("conv(8, k=3) -> conv(8, k=3)")) == {}


def test_a_shared_block_shares_every_node_of_it_that_has_weights() -> None:
    made = graph(
        """
        block Unit() :: [h, w, c] -> [h, w, c] { repeat 2 { conv(c, k=3) -> relu } }
        model M() :: [8, 8, 4] -> [8, 8, 4] { shared unit = Unit()
                                              unit as one -> gelu -> unit as two }
        """
    )
    assert _owners(made) == {f"two.conv.{i}": f"one.conv.{i}" for i in (0, 1)}


def test_each_instance_of_a_block_has_shared_weights_of_its_own() -> None:
    made = graph(
        """
        block Pair() :: [h, w, c] -> [h, w, c] { shared f = conv(c, k=3)
                                                 f -> relu -> f }
        model M() :: [8, 8, 4] -> [8, 8, 4] { Pair as one -> Pair as two }
        """
    )
    assert _owners(made) == {"one.f_1": "one.f", "two.f_1": "two.f"}


def test_shared_within_shared() -> None:
    made = graph(
        """
        block Pair() :: [h, w, c] -> [h, w, c] { shared f = conv(c, k=3)
                                                 f -> relu -> f }
        model M() :: [8, 8, 4] -> [8, 8, 4] { shared pair = Pair()
                                              pair as one -> pair as two }
        """
    )
    assert _owners(made) == {
        "one.f_1": "one.f",
        "two.f": "one.f",
        "two.f_1": "one.f",
    }


def test_a_shared_op_can_be_an_argument() -> None:
    made = graph(
        """
        block Twice(unit: op) :: [..., c] -> [..., c] { unit -> relu -> unit }
        model M() :: [8] -> [8] { shared f = dense(8)
                                  f as first -> Twice(f) -> Twice(f) }
        """
    )
    assert _owners(made) == dict.fromkeys(("twice.unit", "twice.unit_1", "twice_1.unit", "twice_1.unit_1"), "first")


def test_parameters_count_once() -> None:
    text = """
    model M() :: [8] -> [8] { shared f = dense(8)
                              f -> relu -> f }
    check M(), params == 72, macs == 128
    """
    assert mistakes(text) == []


def test_uses_need_the_same_weights() -> None:
    body = "shared f = dense(8)\nf -> concat { id, gelu } -> f"
    assert mistakes(f"model M() :: [8] -> [8] {{\n{body}\n}}") == [
        "uses of shared `f` need different weights of `dense`"
    ]


def test_a_use_inside_a_block_is_reported_where_it_is() -> None:
    text = """
    block Head() :: [h, w, c] -> [4] { conv(8, k=3) -> conv(8, k=1) -> global_avg_pool -> dense(4) }
    model M() :: [8, 8, 4] -> [8] { shared head = Head()
      concat { { relu -> head }
               { conv(2, k=1) -> head } } }
    """
    assert mistakes(text) == ["uses of shared `head` need different weights of `conv`"]


def test_only_ops_and_blocks_are_shared() -> None:
    assert mistakes("model M() :: [8] -> [8] {\nshared f = 3\nf\n}") == ["3 is not a step"]


def test_there_is_no_graph_where_the_weights_do_not_fit() -> None:
    made = program("model M() :: [8, 8, 4] -> [8, 8, 6] { shared f = conv(6, k=3)\n f -> relu -> f }")
    assert [d.code for d in made.diagnostics if d.is_error] == ["shared-mismatch"]
    assert made.graph("M") is None


def test_what_has_no_weights_may_differ_between_uses() -> None:
    """Sizes too, which an op's arguments may follow."""
    made = graph(
        """
        block Head(anchors: int) :: [h, w, c] -> [h * w, anchors * 4] {
          conv(c) -> relu -> conv(anchors * 4) -> max_pool(h // 4, stride=1) -> flatten_spatial
        }
        model Boxes() :: (p3: [32, 32, 64], p4: [16, 16, 64]) -> [32 * 32 + 16 * 16, 36] {
          shared head = Head(9)
          concat(axis=0) { { p3 -> head }, { p4 -> head } }
        }
        """
    )
    kinds = {path: made[path].op.name for path in _owners(made)}
    assert list(kinds.values()) == ["conv", "conv"]
    assert [node.op.k for node in made if node.op.name == "max_pool"] == [8, 4]  # type: ignore[attr-defined]


def test_uses_with_equal_weights_need_equal_arguments() -> None:
    text = """
    block Half() :: [h, w, c] -> [8, 8, 4] { conv(4, stride=h // 8) }
    model M() :: (a: [16, 16, 4], b: [32, 32, 4]) -> [8, 8, 4] { shared half = Half()
                                                                add { { a -> half }, { b -> half } } }
    """
    assert mistakes(text) == ["uses of shared `half` need different arguments of `conv`"]
    (found,) = program(text).diagnostics
    assert found.primary.text == "needs conv(4, stride=4)"
