"""Models that go down and up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl import load, load_text
from archdsl.diagram.outline import outline
from archdsl.diagram.plan import plan
from archdsl.diagram.rise import rise
from archdsl.graph.model import Graph

CASES = Path(__file__).parents[2] / "cases" / "language"
U = """
model Net() :: {shape} -> [...] {{
  conv(4) as a -> max_pool(2) -> conv(8) as b -> max_pool(2) -> conv(16)
  {middle}-> upsample(2) -> concat(b) -> conv(8) -> upsample(2) -> concat(a) -> conv(4){end}
}}
"""


def u(middle: str = "", end: str = "", shape: str = "[32, 32, 3]") -> Graph:
    return load_text(U.format(middle=middle, end=end, shape=shape)).graph


def first(graph: Graph) -> str | None:
    listed = outline(graph, None)
    found = rise(listed)
    return None if found is None else listed.items[found].path


@pytest.mark.parametrize(
    "middle",
    ["", "-> residual { conv(16) -> relu } ", "-> relu as c -> conv(16) -> add(c) "],
    ids=["plain", "block", "skip"],
)
def test_way_up_begins_at_the_innermost_join(middle: str) -> None:
    assert first(u(middle)) == "concat"


def test_sizes_known_at_run_time() -> None:
    assert first(u(shape="[?, ?, 3]")) == "concat"


def test_what_follows_is_on_the_way_up() -> None:
    drawn = plan(u(end=" -> conv(2, k=1)"))
    courses = {(edge.tail, edge.head): edge.course for edge in drawn.edges}
    assert courses["a", "max_pool"] == courses["max_pool", "b"] == "down"
    assert {edge.course for edge in drawn.edges if edge.head.startswith("out/")} == {"up"}
    assert sorted(edge.head for edge in drawn.edges if edge.course == "across") == ["concat", "concat_1"]
    assert len(drawn.columns) == 1


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "swin_t", str(CASES / "hrnet.arch")])
def test_others_have_none(name: str) -> None:
    assert first(load(name).graph) is None


def test_levels_must_nest_and_shrink() -> None:
    crossed = """
    model Net() :: [32, 32, 3] -> [...] {
      conv(4) as a -> max_pool(2) -> conv(4) as b -> max_pool(2) -> conv(4)
      -> upsample(4) -> concat(a) -> max_pool(2) -> concat(b)
    }
    """
    assert first(load_text(crossed).graph) is None
    steps = "conv(4) as a -> conv(4) as b -> conv(4) -> relu -> add(b) -> conv(4) -> add(a)"
    assert first(load_text(f"model Net() :: [8, 8, 4] -> [...] {{ {steps} }}").graph) is None


def test_a_head_that_takes_each_level_by_itself_is_no_way_up() -> None:
    head = """
    model Net() :: [32, 32, 3] -> [...] {
      conv(4) as a -> max_pool(2) -> conv(8) as b -> max_pool(2) -> conv(16) as c
      -> concat { c: dense(4) -> upsample(4)  b: { b -> dense(4) -> upsample(2) }  a: { a -> dense(4) } }
    }
    """
    assert first(load_text(head).graph) is None
