"""Flows: what is connected to what."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import flow, graph, mistakes, nodes


def test_steps_follow_each_other() -> None:
    made = flow("conv(4, k=3) -> relu -> { gelu -> id } -> silu")
    assert nodes(made) == {"conv": "input", "relu": "conv", "gelu": "relu", "silu": "gelu"}
    assert made.outputs[0].node == "silu"


def test_id_alone() -> None:
    made = flow("id")
    assert (nodes(made), made.outputs[0].node) == ({}, "input")


@pytest.mark.parametrize("op", ["add", "mul", "maximum", "minimum", "average", "subtract", "concat"])
def test_every_branch_gets_the_same_input(op: str) -> None:
    made = flow(f"relu -> {op} {{ a: conv(8, k=3)  b: id }}")
    assert nodes(made) == {"relu": "input", "a.conv": "relu", op: "a.conv relu"}


def test_matmul() -> None:
    made = flow("matmul(transpose_b=true) { dense(16), dense(16) }", "[49, 8]")
    assert made["matmul"].shape == (49, 49)


def test_branches_keep_their_order() -> None:
    made = flow("concat { conv(1, k=1), conv(2, k=1), conv(3, k=1) }")
    assert made["concat"].inputs == ("concat.0.conv", "concat.1.conv", "concat.2.conv")
    assert made["concat"].shape == (32, 32, 6)


def test_a_branch_may_start_at_a_named_tensor() -> None:
    made = flow("relu as a -> conv(8, k=3) -> add { id, { a -> gelu } }")
    assert nodes(made)["add"] == "conv add.1.gelu"
    assert nodes(made)["add.1.gelu"] == "a"


def test_joins_with_named_tensors() -> None:
    made = flow("relu as a -> gelu as b -> silu -> concat(a, b) -> concat(a)")
    assert nodes(made)["concat"] == "silu a b"
    assert nodes(made)["concat_1"] == "concat a"


def test_branches_and_named_tensors_together() -> None:
    made = flow("relu as a -> gelu -> add(a) { id, silu }")
    assert nodes(made)["add"] == "gelu add.1.silu a"


def test_residual() -> None:
    made = flow("relu -> residual { conv(8, k=3) } -> residual(drop=0.1) { conv(8, k=3) -> gelu }")
    assert nodes(made) == {
        "relu": "input",
        "conv": "relu",
        "add": "conv relu",
        "conv_1": "add",
        "gelu": "conv_1",
        "drop_path_1": "gelu",
        "add_1": "drop_path_1 add",
    }
    assert made["drop_path_1"].op.rate == 0.1  # type: ignore[attr-defined]


def test_residual_without_rate_drops_nothing() -> None:
    assert "drop_path" not in nodes(flow("residual(drop=0.0) { conv(8, k=3) }"))


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, ["relu.0"]), (3, ["relu.0", "relu.1", "relu.2"])])
def test_repeat(count: int, expected: list[str]) -> None:
    assert list(nodes(flow(f"repeat {count} {{ relu }}"))) == expected


def test_repeat_counts() -> None:
    made = flow("repeat 3 as i { conv(i + 1, k=1) }")
    assert [n.shape[-1] for n in made] == [1, 2, 3]


def test_for_over_lists_and_tables() -> None:
    made = flow("let t = table { f k\n 4 3\n 6 1 }\nfor i, s in enumerate(t) { conv(s.f + i, k=s.k) }")
    assert [(n.shape[-1], n.op.k) for n in made] == [(4, 3), (7, 1)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("flag", "expected"), [("true", ["relu", "gelu"]), ("false", ["silu", "gelu"])])
def test_if_else(flag: str, expected: list[str]) -> None:
    assert list(nodes(flow(f"if {flag} {{ relu }} else {{ silu }} -> gelu"))) == expected


def test_if_without_else_passes_through() -> None:
    made = flow("relu -> if false { gelu } -> silu")
    assert nodes(made) == {"relu": "input", "silu": "relu"}


def test_else_if() -> None:
    for n, op in ((1, "relu"), (2, "gelu"), (3, "silu")):
        assert list(nodes(flow(f"if {n} == 1 {{ relu }} else if {n} == 2 {{ gelu }} else {{ silu }}"))) == [op]


# --- taps -------------------------------------------------------------------------------------------------------------


def test_a_tap_in_a_loop_is_a_list_after_it() -> None:
    made = flow("repeat 3 { relu as c } -> add(c[0]) -> concat(...c) -> concat { id, ...c[1:] } -> concat(c)")
    assert made["add"].inputs == ("c.2", "c.0")
    assert made["concat"].inputs == ("add", "c.0", "c.1", "c.2")
    assert made["concat_1"].inputs == ("concat", "c.1", "c.2")
    assert made["concat_2"].inputs == ("concat_1", "c.0", "c.1", "c.2")


def test_a_tap_in_a_loop_is_one_tensor_within_its_round() -> None:
    made = flow("repeat 2 { relu as c -> gelu -> add(c) }")
    assert made["add.1"].inputs == ("gelu.1", "c.1")


def test_taps_of_nested_loops_are_lists_of_lists() -> None:
    made = flow("repeat 2 { repeat 3 { relu as c } } -> add(c[1][0]) -> concat(...c[0])")
    assert made["add"].inputs == ("c.1.2", "c.1.0")
    assert made["concat"].inputs == ("add", "c.0.0", "c.0.1", "c.0.2")


def test_a_tap_of_a_loop_without_rounds_is_an_empty_list() -> None:
    made = flow("repeat 0 { relu as c } -> gelu -> concat { id, silu, ...c }")
    assert made["concat"].inputs == ("gelu", "concat.1.silu")


def test_lists_of_tensors_are_values() -> None:
    made = flow("let n = 2\nrepeat 3 { relu as c } -> concat(...[x for i, x in enumerate(c) if i < n])")
    assert made["concat"].inputs == ("c.2", "c.0", "c.1")


def test_a_tap_in_a_branch_is_known_after_it() -> None:
    made = flow("add { a: relu as x  b: id } -> add(x)")
    assert made["add_1"].inputs == ("add", "a.x")


def test_a_tap_in_the_arm_that_is_taken_is_known_after_it() -> None:
    made = flow("if true { relu as x } else { gelu as x } -> silu -> add(x)")
    assert made["add"].inputs == ("silu", "x")


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("let filters = 1\nconv(filters, k=1)", "filters"),
        ("conv(filters, k=1) as filters", "filters"),
        ("conv(filters, k=1) as h", "h"),
        ("conv(filters, k=1) as a -> relu as a", "a"),
        ("let a = 1\nconv(a, k=1) as a", "a"),
        ("let a = 1\nlet a = 2\nconv(filters, k=a)", "a"),
        ("shared f = relu\nlet f = 2\nconv(filters, k=f)", "f"),
        ("let a = 1\nrepeat a { let a = 2\nconv(filters, k=a) }", "a"),
    ],
)
def test_nothing_is_hidden_within_a_block(body: str, name: str) -> None:
    block = f"block B(filters: int) :: [h, w, _] -> [h, w, _] {{\n{body}\n}}"
    text = f"{block}\nmodel M() :: [4, 4, 3] -> [4, 4, 8] {{ B(8) }}"
    assert f"name `{name}` is defined twice" in mistakes(text)


def test_rounds_of_a_loop_have_names_of_their_own() -> None:
    made = flow(
        "for f in [4, 8] { let wide = 2 * f\nconv(wide, k=1) } -> for f in [3] { let wide = f\nconv(wide, k=1) }"
    )
    assert [n.shape[-1] for n in made] == [8, 16, 3]


def test_a_name_of_the_file_may_be_hidden() -> None:
    made = graph("let width = 3\nmodel M(width: int = 5) :: [8] -> [width] { dense(width) }")
    assert made["dense"].shape == (5,)


def test_a_value_does_not_hide_an_op_where_a_step_is_meant() -> None:
    made = graph("model M(dropout: float = 0.3) :: [8] -> [8] { dropout(dropout) }")
    assert made["dropout"].op.rate == 0.3  # type: ignore[attr-defined]


# --- unused -----------------------------------------------------------------------------------------------------------


def test_what_nothing_needs_is_left_out_with_a_warning() -> None:
    text = "model M() :: (a: [8], b: [8]) -> [8] { a -> relu as x -> gelu -> silu -> { x -> tanh } }"
    assert mistakes(text) == ["input `b` is never used", "the result of `silu` is never used"]
    assert nodes(graph(text)) == {"x": "a", "tanh": "x"}


def test_what_another_round_needs_is_no_mistake() -> None:
    """The last layer of WaveNet hands on nothing but its skip."""
    layer = "block L() :: [t, c] -> (out: [t, c], skip: [t, c]) { ports { out: relu  skip: tanh } }"
    flow = "repeat 3 { L as y -> { y.out } } -> add { ...[x.skip for x in y] }"
    text = f"{layer}\nmodel M() :: [8, 4] -> [8, 4] {{ {flow} }}"
    assert mistakes(text) == []
    assert [node.op.name for node in graph(text)] == ["relu", "tanh", "relu", "tanh", "tanh", "add"]
