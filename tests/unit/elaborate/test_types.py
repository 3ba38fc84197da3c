"""Types of parameters: which arguments fit, as what the block sees them, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.elaborate.specs import graph, mistake, mistakes, value


@pytest.mark.parametrize(
    ("kind", "argument", "result"),
    [
        ("int", "3", 3),
        ("float", "3", 3.0),
        ("float", "0.5", 0.5),
        ("bool", "true", True),
        ("str", '"same"', "same"),
        ("list", "[1, true]", (1, True)),
        ("list[int]", "[]", ()),
        ("list[float]", "[1, 0.5]", (1.0, 0.5)),
        ("list[list[int]]", "[[1], []]", ((1,), ())),
        ("int | str", "3", 3),
        ("int | str", '"valid"', "valid"),
        ("int | list[int]", "[3, 5]", (3, 5)),
        ("str | float", "3", 3.0),
        ("int | float", "3", 3),
    ],
)
def test_fits(kind: str, argument: str, result: Any) -> None:
    found = value(f"f({argument})", f"fn f(x: {kind}) = x")
    assert (type(found), found) == (type(result), result)


@pytest.mark.parametrize(
    ("kind", "argument", "given"),
    [
        ("int", "3.0", "3.0"),
        ("int", "true", "true"),
        ("float", "true", "true"),
        ("bool", "1", "1"),
        ("str", "3", "3"),
        ("list[int]", "[1, 0.5]", "[1, 0.5]"),
        ("list[int]", "3", "3"),
        ("int | list[int]", '"3"', 'the string "3"'),
        ("op", "3", "3"),
        ("op", '"relu"', 'the string "relu"'),
        ("tensor", "relu", "op `relu`"),
        ("init", "relu", "op `relu`"),
        ("int", "ceil", "function `ceil`"),
        ("int", "sum", "op `sum`"),
        ("int", "he_normal", "initialiser `he_normal`"),
        ("int", "id", "`id`"),
    ],
)
def test_does_not_fit(kind: str, argument: str, given: str) -> None:
    assert mistake(f"f({argument})", f"fn f(x: {kind}) = 1") == f"`x` of `f` should be {kind}, not {given}"


def test_a_float_reaches_the_op_as_one() -> None:
    made = graph("block B(rate: float) { dropout(rate) }\nmodel M() :: [8] -> [8] { B(0) }")
    assert made["b.dropout"].op.rate == 0.0  # type: ignore[attr-defined]


def test_ops_and_blocks_are_values() -> None:
    made = graph(
        """
        block Wide(filters: int) { conv(filters, k=5) }
        block Stage(unit: op, act: op = relu, init: init = zeros) { unit(16) -> act -> conv(8, k=1, init=init) }
        model M() :: [8, 8, 3] -> [8, 8, 8] {
          Stage(Wide) -> Stage(conv, act=leaky_relu(0.2)) -> Stage(Wide, act=id, init=truncated_normal(0.02))
        }
        """
    )
    assert [(n.path, type(n.op).__name__) for n in made][:3] == [
        ("stage.unit.conv", "Conv"),
        ("stage.act", "Relu"),
        ("stage.conv", "Conv"),
    ]
    assert made["stage_1.act"].op.slope == 0.2  # type: ignore[attr-defined]
    assert made["stage_2.conv"].op.init.values == (0.02, 0.0)  # type: ignore[attr-defined]


def test_arguments_can_be_given_step_by_step() -> None:
    made = graph(
        """
        block Unit(filters: int, k: int, stride: int = 1) { conv(filters, k=k, stride=stride) }
        block Twice(unit: op) { unit(8) -> unit(16, stride=2) }
        model M() :: [8, 8, 3] -> [4, 4, 16] { Twice(Unit(k=5)) }
        """
    )
    assert [n.op.k for n in made] == [5, 5]  # type: ignore[attr-defined]


def test_unknown_types_are_found_in_blocks_that_nobody_calls() -> None:
    assert mistakes("block B(a: integer, b: list[strin], c: int[str]) { dense(a) -> dense(b) -> dense(c) }") == [
        "type `integer` is not defined",
        "type `strin` is not defined",
        "type `int[str]` is not defined",
    ]


def test_defaults_see_earlier_parameters() -> None:
    assert value("f(3)", "fn f(a: int, b: int = 2 * a, c: int = a + b) = [a, b, c]") == (3, 6, 9)
