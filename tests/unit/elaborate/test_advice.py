"""What a message says of a value, and what it proposes."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import graph, mistake, nodes, program

DECLARATIONS = """
let rows = table {
  a  b
  1  "x"
}
block B(n: int = 2) :: [c] -> [c] { relu }
model M() :: [8] -> [8] { relu }
fn f(x: int) = x
"""


@pytest.mark.parametrize(
    ("value", "described"),
    [
        ("rows[0]", "a row of a table"),
        ("rows", '[(a=1, b="x")]'),
        ("conv(4)", "op `conv`"),
        ("B(3)", "block `B`"),
        ("M", "model `M`"),
        ("f", "function `f`"),
        ("len", "function `len`"),
        ("he_normal", "initialiser `he_normal`"),
        ("truncated_normal(0.1)", "truncated_normal(0.1, 0.0)"),
        ('"a"', 'the string "a"'),
        ("id", "`id`"),
        ("[1] * 9", "a list of 9"),
        ('[1, true, "q"]', '[1, true, "q"]'),
        (
            "[relu, f, len, he_normal, rows[0], B(3), 2.0]",
            '[relu, f, len, he_normal, (a=1, b="x"), B(3), 2.0]',
        ),
    ],
)
def test_values_in_words(value: str, described: str) -> None:
    assert mistake(f"{value} + 1", DECLARATIONS) == f"`+` does not take {described} and 1"


@pytest.mark.parametrize(
    ("step", "help_"),
    [
        ("add { id, max_pool(2) }", "one is 2 times as large: give both the same strides, or `upsample(2)` the other"),
        ("add { id, conv(8, stride=2) }", "project it with the same stride: `conv(8, k=1, stride=2)`"),
        ("add { conv(8), conv(8, stride=2) }", "pass the stride on: `conv(8, stride=2)`"),
        ("add { relu -> relu, conv(8, stride=2) }", "give both the same strides"),
        (
            "repeat 2 as i { add { id, conv(8, stride=i + 2) } }",
            "project it with the same stride: `conv(8, k=1, stride=i + 2)`",
        ),
        ("add { id, conv(16) }", "project it to the channels of the other: `conv(16, k=1)`"),
        ("add { id, crop(1) }", "give both the same strides and padding"),
        ("add { id, global_avg_pool(keepdims=true) }", "`add(broadcast=true)` stretches dimensions of size 1"),
        ("add { id, avg_pool(3) }", "the stride of `avg_pool` is its `k` unless it is given: `avg_pool(3, stride=1)`"),
        ("add { id, global_avg_pool }", "`global_avg_pool(keepdims=true)` keeps the dimensions, with size 1"),
        ("add { id, flatten }", None),
        ("conv(9, groups=3)", "`2` and `4` would divide 8"),
    ],
)
def test_branches_that_do_not_fit(step: str, help_: str | None) -> None:
    (found,) = (d for d in program(f"model M() :: [32, 32, 8] -> [_, _, _] {{ {step} }}").diagnostics if d.is_error)
    assert found.help == (() if help_ is None else (help_,))


def test_a_fix_is_where_the_stride_is_missing() -> None:
    text = "model M() :: [32, 32, 8] -> [_, _, 8] { add { conv(8), conv(8, stride=2) } }"
    (found,) = program(text).diagnostics
    assert found.fix is not None
    start, end = found.fix.span[1:]
    mended = text[:start] + found.fix.replacement + text[end:]
    assert graph(mended).outputs[0].shape == (16, 16, 8)


def test_tensors_as_arguments() -> None:
    """Alone, in a list, in an op and in a block; what a block is given becomes an input of its instance."""
    made = graph(
        "block Join(xs: list) :: [c] -> [c] { add(...xs) }\n"
        "block Apply(unit: op, xs: list) :: [c] -> [c] { unit -> Join(xs) }\n"
        "block Use(unit: op) :: [c] -> [c] { unit }\n"
        "model M() :: [8] -> [8] {\n"
        "  id as x -> dense(8) as y -> Join([x, y]) -> Apply(add(x), [y]) -> Use(Join([x]))\n"
        "}\n"
    )
    assert nodes(made) == {
        "y": "input",
        "join.add": "y input y",
        "apply.unit": "join.add input",
        "apply.join.add": "apply.unit y",
        "use.unit.add": "apply.join.add input",
    }


def test_ports_as_an_argument() -> None:
    text = (
        "block Join(x: tensor) :: [c] -> [c] { add(x) }\n"
        "model M() :: [8] -> [8] { ports { a: id  b: relu } as p -> { p.a -> Join(p.b) } }\n"
    )
    assert nodes(graph(text)) == {"p.b.relu": "input", "join.add": "input p.b.relu"}


def test_attention_to_a_context() -> None:
    made = graph("model M() :: [4, 8] -> [4, 8] { id as x -> dense(8) -> attention(2, context=x) }")
    assert nodes(made)["attention"] == "dense input"
    made = graph("model M() :: [4, 4] -> [4, 4] { id as x -> dense(4) as b -> dense(4) -> attention(2, values=x) }")
    assert nodes(made)["attention"] == "dense dense input"
    made = graph("model M() :: [4, 4] -> [4, 4] { dense(4) as b -> dense(4) -> attention(2, logit_bias=b) }")
    assert nodes(made)["attention"] == "dense dense dense b"
    text = "model M() :: [4, 8] -> [4, 8] { attention(2, context=3) }"
    (found,) = program(text).diagnostics
    assert found.text == "`context` of `attention` should be a tensor, not 3"


@pytest.mark.parametrize("arguments", ["x, 3", "...[x, 3]"])
def test_what_is_joined_are_tensors(arguments: str) -> None:
    text = f"model M() :: [4, 8] -> [4, 8] {{ id as x -> dense(8) -> add({arguments}) }}"
    (found,) = program(text).diagnostics
    assert found.text == "what `add` joins should be tensors, not 3"
