"""Values that parameters may have, and conditions among them: ``k: int in [3, 5]``, ``where width % heads == 0``."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.compiler import Program
from archdsl.diagnostics import ArchError
from archdsl.elaborate.values import show_value
from archdsl.source import SourceFile
from tests.unit.elaborate.test_definitions import codes

BLOCK = """\
let slopes = [0.1, 0.2]
block Unit(
  width: int in range(8, 65, 8),
  act: op in [relu, leaky_relu(0.2), batch_norm] = relu,
  rate: float in [0, ...slopes] = 0,
  sides: list[int] in [[1, 1], [3, 3]] = [3, 3],
  kind: str in ["plain", "wide"] = "plain",
) where kind == "plain" or width > 32, width >= 8 * len(sides) :: [h, w, c] -> [h, w, width] {
  conv(width, k=sides) -> act -> dropout(rate)
}
"""
NET = """\
model Net(w: int in [8, 16] = 8, d: int in range(1, 4) = 1, heads: int = 4) where w * d <= 32 :: [n, 8] -> [n, w] {
  repeat d { dense(w) }
}
model Wide = Net(w=16)
"""


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("Unit(16)", []),
        ('Unit(64, act=leaky_relu(0.2), rate=0.1, sides=[1, 1], kind="wide")', []),
        ("Unit(16, rate=0.0, act=batch_norm)", []),
        ("Unit(12)", ["outside-domain"]),
        ("Unit(16, act=leaky_relu(0.3))", ["outside-domain"]),
        ("Unit(16, act=batch_norm(eps=1e-5))", ["outside-domain"]),
        ("Unit(16, rate=0.3, sides=[1, 3])", ["outside-domain"] * 2),
        ('Unit(16, kind="large")', ["outside-domain"]),
        ('Unit(16, kind="wide")', ["condition-broken"]),
    ],
)
def test_calls_give_values_that_are_allowed(call: str, wanted: list[str]) -> None:
    assert codes(f"{BLOCK}block Outer() :: [h, w, c] -> [h, w, _] {{ {call} }}\n") == wanted
    shape = "[8, 8, 3]"
    assert codes(f"{BLOCK}check {call} :: {shape} -> [8, 8, _]\n") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("block B(n: int in [1, 2] = 3) { id }", ["outside-domain"]),
        ("block B(n: int in 3) { repeat n { id } }", ["wrong-type"]),
        ("block B(n: int in [1, 0.5]) { repeat n { id } }", ["wrong-type"]),
        ("block B(n: int in [m, 2], m: int) { repeat n * m { id } }", ["unknown-name"]),
        ("block B(n: int) where n { repeat n { id } }", ["wrong-type"]),
        ('block B(n: int) where n < "a" { repeat n { id } }', ["bad-operands"]),
        ("fn f(n: int in [1, 2]) = n\nlet x = f(3)", ["outside-domain"]),
        ("fn f(n: int in [1, 2]) = n\nlet x = f(2)", []),
        ("block A(n: int in [1, 2]) { repeat n { id } }\nblock B(n: int) { A(n) }", []),
        ("block A(n: int in [1, 2]) { repeat n { id } }\nblock B(n: int) { A(n + 1) -> A(3) }", ["outside-domain"]),
        ("block A(n: int) where n > 1 { repeat n { id } }\nblock B(n: int) { A(n) -> A(1) }", ["condition-broken"]),
        ("block A(n: int = 1, m: int = 1) where n > m { repeat n * m { id } }", []),
        ("block A(n: int in []) { repeat n { id } }\nblock B() { A(1) }", ["outside-domain"]),
    ],
)
def test_definitions_are_checked(text: str, wanted: list[str]) -> None:
    assert codes(text) == wanted


def test_a_size_that_is_known_at_run_time_is_not_one_of_a_list() -> None:
    text = "block A(n: int in [8, 16]) :: [h, c] -> [h, n] { dense(n) }\nmodel Net() :: [s, 8] -> [s, _] { A(s) }"
    assert codes(text) == ["unknown-size"]


def load(name: str = "Net", **given: Any) -> archdsl.Architecture:
    return archdsl.load_text(NET, name, **given)


def test_models_from_python() -> None:
    assert load(w=16, d=2).summary().depth == 2
    with pytest.raises(ArchError, match=r"`w` of `Net` should be 8 or 16, not 12"):
        load(w=12)
    with pytest.raises(ArchError, match=r"`Net` asks for `w \* d <= 32`"):
        load(w=16, d=3)
    with pytest.raises(ArchError, match=r"`Wide` asks for `w \* d <= 32`"):
        load("Wide", d=3)


def test_the_values_of_a_model() -> None:
    program = Program(SourceFile("net.arch", NET))
    values = {name: [show_value(given.value) for given in found] for name, found in program.domains("Net").items()}
    assert values == {"w": ["8", "16"], "d": ["1", "2", "3"]}
    assert list(program.domains("Wide")) == ["d"]
    assert program.domains("None") == {}
