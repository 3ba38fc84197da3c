"""Blocks and functions are checked whether anything calls them or not."""

from __future__ import annotations

import pytest

from archdsl.compiler import Program
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader


def codes(text: str) -> list[str]:
    program = Program(SourceFile("<text>", text), MemoryLoader({}))
    program.check()
    return [found.code for found in program.diagnostics if found.is_error]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('fn f(x: int) = x + "a"', "bad-operands"),
        ("fn f(x: int) = len(x)", "bad-call"),
        ("fn f(x: list[int]) = [y < [1] for y in x]", "bad-operands"),
        ('fn f(x: list[list[int]]) = [...y for y in x][0] + "a"', "bad-operands"),
        ("fn f(x: list[int]) = sum(x) + [1]", "bad-operands"),
        ("fn f(x: list[list[int]]) = sum(x) + 1", "bad-operands"),
        ("fn f(x: list[str]) = sorted(x)[0] + 1", "bad-operands"),
        ("fn f(x: int) {\n  let y = [x]\n  y + 1\n}", "bad-operands"),
        ("fn f(x: int) {\n  let y = x + [1]\n  y + 1\n}", "bad-operands"),
        ("fn f(x: list[int], n: list[int]) = split(x, n)[0][0] + [1]", "bad-operands"),
        ("fn f(x: str) = 1 if x else 2", "wrong-type"),
        ("fn g(x: int) = x\nfn f(x: str) = g(x)", "wrong-type"),
        ("fn f(x: int = 0.5) = x", "wrong-type"),
        ("block B(k: str) :: [h, w, c] -> [h, w, 8] { conv(8, bias=k) }", "bad-argument"),
        ("block B(k: int) :: [h, w, c] -> [h, w, 8] { conv(8, k=k, stride=0) }", "bad-argument"),
        ("block B(k: int) { if k > 2 { conv(8, kk=k) } }", "unexpected-argument"),
        ("block B(n: int) { repeat n { relu { id } } }", "unexpected-branches"),
        ("block B(n: int) :: [h, w, c] -> [h, w, c] { conv(c) -> add }", "needs-branches"),
        ("block B() :: [h, w, c] -> [h / 4, w / 4, 8] { conv(8, stride=2) }", "contract-broken"),
        ("block B(n: int) :: [h, w, c] -> [h, w, n] { conv(n + 1) }", "contract-broken"),
        ("block B() :: [h, w, c] -> [h, w, c] { add { id, max_pool(2) } }", "shape-mismatch"),
        ("block B() :: [h, w, c] -> [c] { global_avg_pool -> conv(8) }", "wrong-rank"),
        ("block B() :: [h, w, c] -> [c] { ports { a: id  b: id } -> relu }", "ports-mismatch"),
        ("block A() :: [n, c] -> [n, c] { dense(c) }\nblock B() :: [h, w, c] -> [h, w, c] { A }", "wrong-rank"),
    ],
)
def test_mistakes_are_told_once(text: str, wanted: str) -> None:
    assert codes(text) == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "fn f(x: int | str) = x + 1",
        "fn f(x: list[list[int]]) = [...y for y in x][0] + sum(x)[0] + len([...x, 1])",
        "fn f(x: list) = sum(x) + 1 if count(x, 1) > 0 else sum(x) + [1]",
        "fn f(x: list[float]) = log(x[0]) + sorted(x)[0] + unique(x)[0] + sum(x)",
        "fn f(x: list[int], y: list) = [i * a + b for i, a, b in enumerate(zip(x, y))]",
        "fn f(x: int) {\n  let y = x + 1\n  let z = [y]\n  z[0] + sum([...z for _ in range(x)])\n}",
        "fn f(x: list) = x[0] + 1 if len(x) > 2 else x",
        "block B(s: int) :: [h, w, c] -> [h, w, c] { conv(c, stride=s) }",
        "block B(n: int) :: [h, w, c] -> [h, w, c] { conv(n) }",
        "block B() :: [h, w, c] -> [h // 2 + 1, w // 2 + 1, c] { conv(c, stride=2) }",
        "block B() :: [h, w, c] -> [(h - 1) / 2 + 1, (w - 1) / 2 + 1, c] { conv(c, stride=2) }",
        "block B(n: int) :: [h, w, c] -> [h, w, c] { if n == c { conv(n) } else { id } -> add { id, conv(n) } }",
        "block B(n: int) :: [h, w, c] -> [_, _, _] { repeat n { max_pool(2) } -> conv(8) as a -> add(a) }",
        "block B(act: op) :: [h, w, c] -> [c] { act(1, 2, k=3) -> dense(c) }",
        "block B(skip: tensor) :: [h, w, c] -> [2 * h, 2 * w, _] { upsample(2) -> concat(skip) }",
        "block B() :: [..., c] -> [..., 8] { dense(8) }",
    ],
)
def test_what_some_values_make_right_is_not_told(text: str) -> None:
    assert codes(text) == []


def test_what_a_call_shows_is_not_told_again() -> None:
    text = "block B() :: [h, w, c] -> [h / 2, w / 2, 8] { conv(8) }\ncheck B() :: [8, 8, 3] -> [4, 4, 8]"
    assert codes(text) == ["contract-broken"]


def test_a_call_that_hides_a_branch() -> None:
    text = (
        "block B(n: int) :: [h, w, c] -> [h, w, c] { if n > 1 { conv(c, kk=n) } }\ncheck B(1) :: [8, 8, 3] -> [8, 8, 3]"
    )
    assert codes(text) == ["unexpected-argument"]
