"""Steps of which only the shapes are known."""

from __future__ import annotations

import archdsl
from archdsl.graph.dims import Sym
from archdsl.ops.opaque import Opaque
from archdsl.ops.reach import UNKNOWN
from archdsl.passes.cost import cost
from archdsl.passes.receptive import receptive_field

TEXT = """\
model Net() :: [8, 8, 3] -> [5] {
  conv(4, k=3)
  -> opaque(layer="mine>Blur", size=[4, 4, 4], arrays=[[3, 3, 4], []], config="sigma=1.5")
  -> opaque(layer="Join", size=[4, 4, 2]) { id, conv(4) as side, conv(4) }
  -> global_avg_pool
  -> dense(5)
}
"""


def test_it_has_the_shape_and_the_weights_that_are_said() -> None:
    graph = archdsl.load_text(TEXT).graph
    blur, join = (node for node in graph if node.op.name == "opaque")
    assert (blur.shape, join.shape) == ((4, 4, 4), (4, 4, 2))
    assert len(join.inputs) == 3
    assert [tuple(weight) for weight in blur.op.weights((8, 8, 4))] == [("0", (3, 3, 4), True), ("1", (), True)]
    found = cost(graph)
    assert found.nodes[blur.path].params == 3 * 3 * 4 + 1
    assert found.nodes[blur.path].macs == found.nodes[join.path].macs == 0


def test_a_size_may_be_left_open() -> None:
    text = 'model Net() :: [h, w, 3] -> [h, w, 8] { opaque(layer="Mine", size=[h, w, 8]) }'
    (node,) = archdsl.load_text(text).graph
    assert node.shape == (Sym.named("h"), Sym.named("w"), 8)


def test_what_it_looks_at_is_not_known() -> None:
    graph = archdsl.load_text(TEXT).graph
    join = next(node for node in graph if len(node.inputs) > 1)
    fields = receptive_field(graph).nodes
    assert fields["conv"].size == (3, 3)
    assert fields[join.inputs[1]].size == ("unknown", "unknown")
    assert Opaque(layer="Mine", size=(2,)).reach([(8, 8, 3)], (2,)) == (UNKNOWN,) * 3


def test_a_summary_says_what_is_not_counted() -> None:
    summary = archdsl.load_text(TEXT).summary()
    assert summary.opaque == 2
    assert "opaque steps" in str(summary)
    assert "opaque steps" not in str(archdsl.load("lenet5").summary())


def test_another_one_is_a_difference() -> None:
    before, after = (archdsl.load_text(text) for text in (TEXT, TEXT.replace("sigma=1.5", "sigma=2.0")))
    assert not archdsl.diff(before, before)
    assert "sigma=2.0" in str(archdsl.diff(before, after))
