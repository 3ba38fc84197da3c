"""Ops without an input: shapes, weights, refusals, and what passes make of nodes without inputs."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.ops.base import NO_INPUT
from archdsl.ops.registry import OPS
from archdsl.ops.source import CausalMask, Constant, Parameter, Ramp, RelativePositionBias, Rotary, Sinusoid
from archdsl.passes.constants import constants
from archdsl.passes.memory import Memory, memory
from archdsl.passes.receptive import receptive_field
from archdsl.passes.skips import skips
from tests.unit.ops.misfits import refuses


def test_shapes() -> None:
    assert Parameter(size=(3, 4)).shape() == (3, 4)
    assert Constant(values=2.0).shape() == (1,)
    assert Constant(values=(1.0, 2.0)).shape() == (2,)
    assert Constant(values=2.0, size=(5, 1)).shape() == (5, 1)
    assert Constant(values=(1.0, 2.0), size=(2, 1)).shape() == (2, 1)
    assert Ramp(count=100_000).shape() == (100_000,)
    assert Sinusoid(places=7, features=6).shape() == (7, 6)
    assert Rotary(places=(3, 5), features=8).shape() == (15, 8)
    assert CausalMask(count=6).shape() == (6, 6)
    assert RelativePositionBias(heads=3, map=(2, 3)).shape() == (3, 6, 6)


def test_they_cost_nothing_but_their_weights() -> None:
    for kind in OPS.values():
        if kind.family == "source":
            assert kind.arity == NO_INPUT
            assert kind.depth == 0
    assert Parameter(size=(3, 4)).macs([], (3, 4)) == 0
    assert [tuple(w) for w in Parameter(size=(3, 4), trainable=False).weights()] == [("value", (3, 4), False)]
    assert Ramp(count=3).weights() == ()


def test_refusals() -> None:
    with refuses(codes.ValueCount, "values"):
        Constant(values=(1.0, 2.0), size=(3,)).shape()
    with refuses(codes.IndivisibleChannels, "features"):
        Rotary(places=(2, 2), features=6).shape()
    with pytest.raises(ValueError, match="multiple of 2"):
        Sinusoid(places=2, features=3)
    with pytest.raises(ValueError, match="at least 1"):
        Parameter(size=())


def test_a_hundred_thousand_numbers_are_one_node_of_few_letters() -> None:
    graph = archdsl.load_text("model M() :: [400, 256] -> [400, 256] { add { id, sinusoid(400, 256) } }").graph
    assert [node.op.name for node in graph] == ["sinusoid", "add"]
    assert len(repr(graph["add.1.sinusoid"].op)) < 100


def test_what_depends_on_no_input() -> None:
    text = "model M() :: [4] -> [4] { add { id, { ramp(4) -> sin -> dropout(0.1) -> relu } } }"
    assert constants(archdsl.load_text(text).graph) == {"add.1.ramp", "add.1.sin"}


def test_passes_leave_constants_out() -> None:
    text = """\
model M() :: [8, 8, 3] -> [8, 8, 4] {
  conv(4, k=3) as stem
  -> add(broadcast=true) { id, parameter([1, 1, 4]) } as shifted
  -> mul { parameter([8, 8, 4]), id } as gated
  -> residual { conv(4, k=3) -> add { constant(0.5, [8, 8, 4]), id } -> conv(4, k=3) } as end
}
"""
    graph = archdsl.load_text(text).graph
    fields = receptive_field(graph)
    stem, shifted, gated, end = (fields.nodes[node] for node in ("stem", "shifted.add", "gated.mul", "end.add"))
    assert shifted == gated == stem
    assert stem.size == (3, 3)
    assert not stem.context
    assert end.size == (7, 7)
    assert fields.nodes["shifted.add.1.parameter"].axes == ()
    assert list(skips(graph)) == ["end.add"]


def test_a_parameter_lies_where_its_weights_lie() -> None:
    def at(source: str) -> Memory:
        return memory(archdsl.load_text(f"model M() :: [64] -> [64] {{ add {{ id, {source} }} }}").graph)

    learned, fixed = at("parameter([64])"), at("constant(1.0, [64])")
    assert (learned.activations, learned.weights) == (64 * 4 * 2, 64 * 4)
    assert (fixed.activations, fixed.weights) == (64 * 4 * 3, 0)


@pytest.mark.parametrize(
    "steps",
    [
        "add { id, parameter([9, 8], zeros) }",
        "add { id, parameter([9, 8], init=constant(0.5)) }",
        "add { id, constant(0.5, [9, 8]) }",
        "shared p = parameter([9, 8])\nadd { p, p, id }",
        "ports { x: id  p: parameter([9, 8]) } as both -> { both.x -> add(both.p, both.p) }",
    ],
)
def test_starts_of_flows(steps: str) -> None:
    graph = archdsl.load_text(f"model M() :: [9, 8] -> [9, 8] {{\n{steps}\n}}").graph
    owners = {node.layer for node in graph if node.op.name == "parameter"}
    assert len(owners) == ("parameter" in steps)


def test_a_block_may_start_with_one() -> None:
    text = """\
block Positions() :: [n, c] -> [n, c] { parameter([n, c]) as learned }
model M() :: [9, 8] -> [9, 8] { add { id, Positions } }
"""
    assert archdsl.load_text(text).summary().total.params == 72
