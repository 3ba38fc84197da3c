"""Branches that a condition leaves out, and those that a loop makes: which there are, what they are called."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import flow, graph, mistakes, nodes

REP = """
block Rep(width: int) :: [h, w, c] -> [h, w, width] {
  add {
    small: conv(width, k=1)
    large: conv(width, k=3)
    identity: ...if c == width { batch_norm }
  }
  -> relu
}
model M() :: [8, 8, 4] -> [8, 8, 8] { Rep(4) as same -> Rep(8) as other }
"""


def test_a_branch_is_there_where_its_condition_holds() -> None:
    found = nodes(graph(REP))
    assert found["same.add"] == "same.small.conv same.large.conv same.identity.batch_norm"
    assert found["other.add"] == "other.small.conv other.large.conv"
    assert "other.identity.batch_norm" not in found


def test_rounds_are_branches_that_all_start_from_what_flows_in() -> None:
    made = flow("relu -> concat { point: conv(4)  wide: ...for r in [2, 3] { conv(r, dilation=r) -> gelu } }")
    assert nodes(made) == {
        "relu": "input",
        "point.conv": "relu",
        "wide.0.conv": "relu",
        "wide.0.gelu": "wide.0.conv",
        "wide.1.conv": "relu",
        "wide.1.gelu": "wide.1.conv",
        "concat": "point.conv wide.0.gelu wide.1.gelu",
    }
    assert made["concat"].shape == (32, 32, 9)


def test_branches_without_labels_are_numbered_where_they_stand() -> None:
    made = flow("let on = false\n\nadd { ...if on { relu }, gelu, ...repeat 2 as i { conv(8, k=2 * i + 1) }, silu }")
    assert nodes(made)["add"] == "add.1.gelu add.2.0.conv add.2.1.conv add.3.silu"


def test_a_loop_in_a_loop_numbers_both() -> None:
    made = flow("repeat 2 { add { same: id  some: ...repeat 2 { conv(8) } } }")
    assert [path for path in nodes(made) if path.endswith("conv")] == [
        "some.0.0.conv", "some.0.1.conv", "some.1.0.conv", "some.1.1.conv",
    ]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "left"), [
    ("true", "true", "relu"), ("true", "false", "relu"), ("false", "true", "gelu"), ("false", "false", ""),
])  # fmt: skip
def test_one_side_or_another_or_none(a: str, b: str, left: str) -> None:
    text = f"let a = {a}\nlet b = {b}\n\nadd {{ silu, tanh, ...if a {{ relu }} else if b {{ gelu }} }}"
    assert nodes(flow(text))["add"] == " ".join(["add.0.silu", "add.1.tanh", *([f"add.2.{left}"] if left else [])])


@pytest.mark.parametrize("text", [
    "add { ...if 1 > 2 { silu }, conv(8) }",
    "concat { ...for k in [3] { conv(8, k=k) } }",
    "id as x -> repeat 1 { conv(8) as y } -> average { ...y }",
    "conv(8) -> concat(...[])",
])  # fmt: skip
def test_a_join_that_is_left_with_one_branch_is_that_branch(text: str) -> None:
    made = flow(text)
    assert [node.op.name for node in made] == ["conv"]


def test_two_are_needed_where_their_order_says_what_they_are() -> None:
    text = "model M() :: [4] -> [4] { subtract { id, ...if 1 > 2 { relu } } }"
    assert mistakes(text) == ["`subtract` has nothing to join"]


@pytest.mark.parametrize("text", ["...if 1 > 2 { relu }", "...for x in [] { dense(x) }", "...[]"])
def test_a_join_without_any_branch_is_a_mistake(text: str) -> None:
    assert mistakes(f"model M() :: [4] -> [4] {{ add {{ {text} }} }}") == ["no branch of `add` is left"]


def test_what_rounds_tap_is_a_list_afterwards() -> None:
    made = flow("add { id, ...repeat 2 { conv(8) as y -> relu } } -> concat(...y)")
    assert nodes(made)["concat"] == "add add.1.0.y add.1.1.y"


def test_a_side_that_is_not_taken_is_not_elaborated() -> None:
    assert mistakes("model M() :: [4, 4, 2] -> [4, 4, 2] { add { id, relu, ...if 1 > 2 { conv(3) } } }") == []


@pytest.mark.parametrize("text", ["...if zz { relu }", "...for x in zz { relu }", "...repeat zz { relu }"])
def test_a_mistake_in_one_branch_hides_none_in_another(text: str) -> None:
    found = mistakes(f"model M() :: [4] -> [4] {{ add {{ {text}, dense(oops=1) }} }}")
    assert found == ["name `zz` is not defined", "`dense` has no parameter `oops`"]


def test_ports_name_one_tensor_each() -> None:
    text = "block B(on: bool) { ports { a: ...if on { relu }  b: id } }\ncheck B(true) :: [4] -> (a: [4], b: [4])"
    assert mistakes(text) == ["`ports` needs one tensor for each label, not any number"]


# --- definitions that nothing calls ---


@pytest.mark.parametrize("text", [
    "block B(on: bool) :: [h, w, c] -> [h, w, c] { add { id, ...if on { relu } } }",
    "block B(on: bool) :: [h, w, c] -> [h, w, c] { add { ...if on { conv(c) }, ...if not on { relu } } }",
    "block B(on: bool) :: [h, w, c] -> [h, w, 4] { add { ...if on { conv(4) } else { conv(4, k=1) }, conv(4) } }",
    "block B(n: int) :: [h, w, c] -> [h, w, 2 * n] { concat { ...repeat n { conv(2) } } }",
    "block B(r: list[int]) :: [h, w, c] -> [h, w, 8] { concat { conv(2), ...for k in r { conv(2, k=k) } } }",
    "block B(on: bool) :: [h, w, c] -> [h, w, 2 * c] { concat { id, ...if on { id } else if c > 2 { relu } } }",
    "block B(on: bool) :: [c] -> [c] { subtract { id, ...if on { relu } } }",
    "block B(on: bool) :: [c] -> [c] { add { relu, ...if on { dense(2) }, ...if c == 2 { dense(2) } } }",
])  # fmt: skip
def test_what_some_values_make_right_is_not_told(text: str) -> None:
    assert mistakes(text) == []


@pytest.mark.parametrize(("text", "wanted"), [
    ("block B(on: bool) :: [h, w, c] -> [h, w, c] { add { id, ...if on { conv(2 * c) } } }", "different shapes"),
    ("block B(on: bool) :: [h, w, c] -> [h, w, c] { add { id, ...if on { conv(c, zz=1) } } }", "`zz`"),
    ("block B(n: int) :: [h, w, c] -> [h, w, c] { add { id, ...repeat n { flatten } } }", "different shapes"),
    ("block B(on: bool) :: [h, w, c] -> [h, w, c] { add { id, ...if on + 1 { relu } } }", "bool"),
])  # fmt: skip
def test_what_no_value_makes_right_is_told(text: str, wanted: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert wanted in found[0]
