"""Compile-time expressions: arithmetic that is exact or says so, lists, comparisons, conditions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.elaborate.specs import mistake, value


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("7 + 3 * 2", 13),
        ("12 / 4", 3),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("7 / 2.0", 3.5),
        ("6 / 4.0", 1.5),
        ("1.5 * 2", 3.0),
        ("4.1G", 4.1e9),
        ("25M + 1", 25_000_001),
        ("-(3 - 5)", 2),
        ("+3", 3),
        ('"conv" + "_bn"', "conv_bn"),
        ('"ab" * 2', "abab"),
        ("[1, 2] + [3]", (1, 2, 3)),
        ("[64] * 3", (64, 64, 64)),
        ("[0, ...[1, 2], 3]", (0, 1, 2, 3)),
        ("[1, 2, 3][0]", 1),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][1:]", (2, 3)),
        ("[1, 2, 3][::-1]", (3, 2, 1)),
        ("[1, 2, 3, 4][:3:2]", (1, 3)),
        ('"abc"[1]', "b"),
        ("[x * x for x in [1, 2, 3] if x != 2]", (1, 9)),
        ("[a + b for a, b in zip([1, 2], [10, 20])]", (11, 22)),
        ("[[j for j in range(i)] for i in range(3)]", ((), (0,), (0, 1))),
        ("1 if 2 > 1 else 0", 1),
        ("1 < 2 <= 2 != 3", True),
        ("3 > 2 > 2", False),
        ("not true or 1 == 1", True),
        ("2 in [1, 2]", True),
        ("2 not in [1, 2]", False),
        ("1 == 1.0", True),
        ("1 == true", False),
        ('"a" < "b"', True),
        ('"a" == 1', False),
        ("[1, 2] == [1, 2]", True),
        ("relu == relu", True),
    ],
)
def test_value(expression: str, result: Any) -> None:
    found = value(expression)
    assert (type(found), found) == (type(result), result)


def test_conditions_look_no_further_than_they_must() -> None:
    assert value("false and 1 / 0 == 1") is False
    assert value("true or 1 / 0 == 1") is True
    assert value("2 if true else 1 / 0") == 2
    assert value("0 if 1 > 2 > 1 / 0 else 1") == 1


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("7 / 2", "7 is not divisible by 2"),
        ("7 / 0", "`/` does not take 7 and 0"),
        ("7.0 / 0", "`/` does not take 7.0 and 0"),
        ("7 % 0", "`%` does not take 7 and 0"),
        ('"a" + 1', '`+` does not take the string "a" and 1'),
        ("true + 1", "`+` does not take true and 1"),
        ("[1] * 1.5", "`*` does not take [1] and 1.5"),
        ("(-8) ** 0.5", "`**` does not take -8 and 0.5"),
        ('-"a"', 'what `-` is put before should be a number, not the string "a"'),
        ("1 < [2]", "`<` does not take 1 and [2]"),
        ('1 < "a"', '`<` does not take 1 and the string "a"'),
        ("1 in 2", "`in` does not take 1 and 2"),
        ("1 and true", "the condition should be a bool, not 1"),
        ("not 0", "the condition should be a bool, not 0"),
        ("1 if 1 else 2", "the condition should be a bool, not 1"),
        ("[1, 2][2]", "index 2 is outside a list of 2"),
        ("[1, 2][-3]", "index -3 is outside a list of 2"),
        ("[1][0.0]", "an index should be an int, not 0.0"),
        ("[1, 2][::0]", "`a slice` cannot step by 0"),
        ("3[0]", "what is indexed should be a list, not 3"),
        ("[x for x in 3]", "what a loop goes over should be a list, not 3"),
        ("[x for x, y in [1]]", "each element should be a list of 2, not 1"),
        ("[...3]", "what `...` spreads should be a list, not 3"),
        ("3(1)", "3 cannot be called"),
        ("3.x", "3 has no field `x`"),
        ("nothing", "name `nothing` is not defined"),
    ],
)
def test_mistake(expression: str, message: str) -> None:
    assert mistake(expression) == message


TABLE = """
let base = 8
let stages = table {
  filters     repeats  kernels  act
  16          1        [3, 5]   relu
  (base * 4)  2        [3]      leaky_relu
}
"""


def test_table() -> None:
    assert value("[s.filters for s in stages]", TABLE) == (16, 32)
    assert value("stages[1].kernels", TABLE) == (3,)
    assert value("sum([s.repeats for s in stages[:1]])", TABLE) == 1
    assert value("len(stages)", TABLE) == 2


def test_table_mistakes() -> None:
    assert mistake("stages[0].filter", TABLE) == "`stages[0]` has no field `filter`"
    assert mistake("table { a b\n 1 }") == "row has 1 cells for 2 columns"
    assert mistake("table { a a\n 1 2 }") == "column `a` is named twice"
    assert mistake("table { a 1\n 1 2 }") == "the first row of a table names its columns"


FUNCTIONS = """
let base = 8
fn double(x: int) = 2 * x
fn scaled(x: float, by: float = 1.5) = double(base) * x * by
fn choose(deep: bool) = [1, 2] if deep else []
"""


def test_functions() -> None:
    assert value("double(double(3))", FUNCTIONS) == 12
    assert value("scaled(2)", FUNCTIONS) == 48.0
    assert value("scaled(by=1, x=1)", FUNCTIONS) == 16.0
    assert value("choose(true) + choose(deep=false)", FUNCTIONS) == (1, 2)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("double()", "`double` needs `x`"),
        ("double(1, 2)", "`double` takes `x` by position, and this is one more"),
        ("double(y=1)", "`double` has no parameter `y`"),
        ("double(1, x=2)", "`x` of `double` is given twice"),
        ("double(1.5)", "`x` of `double` should be int, not 1.5"),
        ("double(true)", "`x` of `double` should be int, not true"),
    ],
)
def test_function_mistakes(expression: str, message: str) -> None:
    assert mistake(expression, FUNCTIONS) in (message, f"{message}")


def test_a_let_is_known_above_its_line_too() -> None:
    assert value("a", "let a = b + 1\nlet b = 2") == 3
