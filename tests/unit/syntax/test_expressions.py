"""Expressions: which operand belongs to which operator, and what a literal is worth."""

from __future__ import annotations

import pytest

from tests.unit.syntax.dump import expression


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("8 / 4 // 2 % 3", "(((8 / 4) // 2) % 3)"),
        ("2 ** 3 ** 2", "(2 ** (3 ** 2))"),
        ("-2 ** 2", "(-(2 ** 2))"),
        ("2 ** -1", "(2 ** (-1))"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("a or b and not c", "(a or (b and (not c)))"),
        ("not a == b", "(not (a == b))"),
        ("1 < a <= 3 != b", "(1 < a <= 3 != b)"),
        ("a in b and c not in d", "((a in b) and (c not in d))"),
        ("a + 1 in b", "((a + 1) in b)"),
        ("1 if a else 2 if b else 3", "(1 if a else (2 if b else 3))"),
        ("a or b if c else d", "((a or b) if c else d)"),
        ("s.filters * 2", "(s.filters * 2)"),
        ("f(1)(2).x[0]", "f(1)(2).x[0]"),
        ("-x[1]", "(-x[1])"),
    ],
)
def test_grouping(text: str, grouped: str) -> None:
    assert expression(text) == grouped


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1_000", "1000"),
        ("4k", "4000"),
        ("25M", "25000000"),
        ("4.1G", "4100000000.0"),
        ("1e-5", "1e-05"),
        ("1.5e3", "1500.0"),
        ("2e3k", "2000000.0"),
        ("0.5", "0.5"),
        ("true", "True"),
        ("false", "False"),
        ('"same"', "'same'"),
        (r'"a \"b\" \\ \n \t"', repr('a "b" \\ \n \t')),
        ('"# no comment"', "'# no comment'"),
    ],
)
def test_literals(text: str, value: str) -> None:
    assert expression(text) == value


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("[]", "[]"),
        ("[1, [2, 3],]", "[1, [2, 3]]"),
        ("[...a, 1, ...b[1:]]", "[...a, 1, ...b[1:]]"),
        ("[x * 2 for x in xs]", "[(x * 2) for x in xs]"),
        ("[i for i, x in xs if x > 1]", "[i for i, x in xs if (x > 1)]"),
        ("[...x for x in xs]", "[...x for x in xs]"),
        ("[y for x in xs if x for y in x if y > 1]", "[y for x in xs if x for y in x if (y > 1)]"),
        ("a[1]", "a[1]"),
        ("a[-1]", "a[(-1)]"),
        ("a[1:2]", "a[1:2:]"),
        ("a[:2]", "a[:2:]"),
        ("a[1:]", "a[1::]"),
        ("a[:]", "a[::]"),
        ("a[::2]", "a[::2]"),
        ("a[1::2]", "a[1::2]"),
        ("a[:3:2]", "a[:3:2]"),
        ("a[1:3:2]", "a[1:3:2]"),
        ("f()", "f()"),
        ("f(1, k=2, ...rest,)", "f(1, k=2, ...rest)"),
    ],
)
def test_lists_and_calls(text: str, grouped: str) -> None:
    # A slice shows its three parts.
    assert expression(text) == grouped.replace("b[1:]", "b[1::]")


def test_a_call_goes_over_lines() -> None:
    assert expression("f(\n  1,\n\n  k=2,\n)") == "f(1, k=2)"
    assert expression("[\n  1,  # one\n  2\n]") == "[1, 2]"


def test_table() -> None:
    text = """table {
      expand  filters  kernels  pad

      1       16       [3, 5]   "same"   # the first
      -6      (8 * 3)  k        true
    }"""
    assert expression(text) == "table expand filters kernels pad; 1 16 [3, 5] 'same'; (-6) (8 * 3) k True"


def test_words_of_other_languages_are_names() -> None:
    assert expression("None + null") == "(None + null)"
