"""The functions of the language, each with what it computes and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

from archdsl.elaborate.builtins import FUNCTIONS
from tests.unit.elaborate.specs import mistake, value

CASES: list[tuple[str, Any]] = [
    ("len([1, 2])", 2),
    ('len("abc")', 3),
    ("sum([1, 2.5])", 3.5),
    ("sum([])", 0),
    ("sum([[1, 2], [], [3]])", (1, 2, 3)),
    ("sum([[[1]], [[2]]])", ((1,), (2,))),
    ("count([1, true, 2, 1.0, [1]], 1)", 2),
    ("count([1, true], true)", 1),
    ('count(["a", "b"], "b")', 1),
    ("exp(1)", math.e),
    ("log(exp(2))", 2.0),
    ("sin(0.5)", math.sin(0.5)),
    ("cos(0.5)", math.cos(0.5)),
    ("sorted([3, 1.5, 2])", (1.5, 2, 3)),
    ('sorted(["b", "a"])', ("a", "b")),
    ("sorted([])", ()),
    ("unique([3, 1, 3.0, 2, 1])", (3, 1, 2)),
    ('unique(["b", "a", "b"])', ("b", "a")),
    ("min(3, 1, 2)", 1),
    ("min([3, 1])", 1),
    ("max(3, 1.5)", 3),
    ("abs(-3)", 3),
    ("round(2.5)", 2),
    ("round(3.14159, 2)", 3.14),
    ("ceil(2.1)", 3),
    ("floor(-2.1)", -3),
    ("sqrt(16)", 4.0),
    ("log2(8)", 3.0),
    ("int(2.9)", 2),
    ("int(true)", 1),
    ("float(3)", 3.0),
    ("range(3)", (0, 1, 2)),
    ("range(1, 7, 2)", (1, 3, 5)),
    ("range(3, 0, -1)", (3, 2, 1)),
    ("enumerate([5, 6])", ((0, 5), (1, 6))),
    ("zip([1, 2], [3, 4])", ((1, 3), (2, 4))),
    ("reversed([1, 2])", (2, 1)),
    ("split([1, 2, 3], [2, 0, 1])", ((1, 2), (), (3,))),
    ("split([], [])", ()),
    ("linspace(0, 1, 3)", (0.0, 0.5, 1.0)),
    ("linspace(0.2, 0.3, 1)", (0.2,)),
    ("make_divisible(35.2)", 32),
    ("make_divisible(18, 8)", 24),
    ("make_divisible(3, 8, 16)", 16),
]


@pytest.mark.parametrize(("expression", "result"), CASES)
def test_value(expression: str, result: Any) -> None:
    found = value(expression)
    assert (type(found), found) == (type(result), result)


def test_each_function_is_tried() -> None:
    assert {expression.partition("(")[0] for expression, _ in CASES} == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("len(3)", "`len` takes a list or a string, not 3"),
        ('sum(["a"])', '`sum` takes a number, not the string "a"'),
        ("sum([[1], 2])", "`sum` adds lists to lists and numbers to numbers, not a list to 2"),
        ("sum([1, [2]])", "`sum` takes a number, not [2]"),
        ("count([1], [1])", "`count` counts numbers, strings or bools, not [1]"),
        ("count(1, 1)", "`count` takes a list, not 1"),
        ("exp(1000)", "`exp` cannot compute with numbers of this size"),
        ("log(0)", "`log` takes a positive number, not 0"),
        ("sorted([1, true])", "`sorted` takes a list of numbers or strings, not with true in it"),
        ('sorted([1, "a"])', "`sorted` takes numbers or strings, not both"),
        ("split([1, 2], [1, 2])", "`split` takes lengths that add up to that of the list: 2, not 1 + 2"),
        ("split([1], [])", "`split` takes lengths that add up to that of the list: 1, not 0"),
        ("split([1], [2, -1])", "`split` takes lengths that add up to that of the list: 1, not 2 + -1"),
        ("split([1], 1)", "`split` takes a list, not 1"),
        ("unique([[1]])", "`unique` takes a list of numbers or strings, not with [1] in it"),
        ("min([])", "`min` takes at least one value"),
        ("max()", "`max` does not take 0 arguments"),
        ("abs(true)", "`abs` takes a number, not true"),
        ("round(1.5, 0.5)", "`round` takes an int, not 0.5"),
        ("ceil([1])", "`ceil` takes a number, not [1]"),
        ("sqrt(-4)", "`sqrt` takes a number of 0 or more, not -4"),
        ("log2(0)", "`log2` takes a positive number, not 0"),
        ("range(1.5)", "`range` takes an int, not 1.5"),
        ("range(1, 2, 0)", "`range` takes a step that is not 0"),
        ("enumerate(3)", "`enumerate` takes a list, not 3"),
        ("zip([1], [1, 2])", "`zip` takes lists of equal length, not of 1 and 2"),
        ("linspace(0, 1, -1)", "`linspace` takes a count of 0 or more, not -1"),
        ("make_divisible(8, 0)", "`make_divisible` takes a finite number and a positive divisor"),
        ("len(1, 2)", "`len` does not take 2 arguments"),
        ("len(x=1)", "`len` has no parameter `x`"),
    ],
)
def test_mistake(expression: str, message: str) -> None:
    assert mistake(expression) == message
