"""Hostile specs end soon, with an error that names the place."""

from __future__ import annotations

import time

import pytest

from archdsl import check_text
from archdsl.limits import NODES_GROW, STEPS_GROW, Limits
from tests.patience import patience
from tests.unit.elaborate.specs import program, value

MODEL = "model M() :: [8] -> [8] "
WORK = "the work is too much: more than {steps:_} compile-time steps"

HOSTILE = {
    "power": ("let n = 10 ** 10 ** 10", "the number is too large: more than 2 ** 256", "10 ** 10 ** 10"),
    "product": (
        f"let n = {' * '.join(['999_999_999_999'] * 100)}",
        "the number is too large: more than 2 ** 256",
        None,
    ),
    "float": ("let n = 10.0 ** 400", "the number is too large: more than a float holds", "10.0 ** 400"),
    "literal": ("let n = 1e999", "the number is too large: more than a float holds", "1e999"),
    "digits": (f"let n = {'9' * 5000}", "the number is too large: more than 2 ** 256", None),
    "range": ("let n = range(10 ** 12)", "the list is too long: more than 100_000 elements", None),
    "linspace": ("let n = linspace(0, 1, 10 ** 9)", "the list is too long: more than 100_000 elements", None),
    "far ends": (
        f"let n = linspace(-1e308, 1e308, 3)\n{MODEL}{{ dense(8, l2=n[1]) }}",
        "the number is too large: more than a float holds",
        "linspace(-1e308, 1e308, 3)",
    ),
    "list": ("let n = [0] * 10 ** 9", "the list is too long: more than 100_000 elements", "[0] * 10 ** 9"),
    "string": ('let n = "ab" * 10 ** 9', "the string is too long: more than 100_000 characters", None),
    "doubling": (
        "let a = [0] * 90_000\nlet b = a + a",
        "the list is too long: more than 100_000 elements",
        "a + a",
    ),
    "comprehension": (
        "let n = [[i * j for i in range(90_000)] for j in range(90_000)]",
        WORK,
        None,
    ),
    "repeat": (
        MODEL + "{ repeat 10 ** 9 { relu } }",
        WORK,
        "10 ** 9",
    ),
    "loops in loops": (
        MODEL + "{ repeat 90_000 { repeat 90_000 { if 1 > 2 { relu } } } }",
        WORK,
        None,
    ),
    "nested blocks": (
        "block A() { repeat 1000 { relu } }\nblock B() { repeat 1000 { A } }\n"
        "block C() { repeat 1000 { B } }\n" + MODEL + "{ C }",
        "the graph is too large: more than {nodes:_} ops",
        "A",
    ),
    "brackets": (
        f"let n = {'(' * 5000}1{')' * 5000}",
        "the nesting is too deep: more than 100 brackets",
        "(",
    ),
    "minus signs": (f"let n = {'- ' * 5000}1", "the nesting is too deep: more than the compiler can follow", None),
    "powers": (
        f"let n = {' ** '.join(['1'] * 5000)}",
        "the nesting is too deep: more than the compiler can follow",
        None,
    ),
    "else if": (
        MODEL + "{ " + "if 1 > 2 { relu } else " * 3000 + "{ relu } }",
        "the nesting is too deep: more than the compiler can follow",
        None,
    ),
    "blocks in blocks": (
        "block A0() { relu }\n"
        + "".join(f"block A{i}() {{ A{i - 1} }}\n" for i in range(1, 2000))
        + MODEL
        + "{ A1999 }",
        "the nesting is too deep: more than 100 calls within calls",
        None,
    ),
    "functions": (
        "fn f0(x: int) = x\n"
        + "".join(f"fn f{i}(x: int) = f{i - 1}(x)\n" for i in range(1, 2000))
        + "let n = f1999(1)",
        "the nesting is too deep: more than 100 calls within calls",
        None,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    text, message, place = HOSTILE[name]
    start = time.process_time()
    found = [d for d in program(text).diagnostics if d.is_error]
    assert time.process_time() - start < patience(2.0)
    most = Limits()
    steps = most.steps + most.steps * len(text) // STEPS_GROW
    nodes = most.nodes + most.nodes * len(text) // NODES_GROW
    assert [d.text for d in found] == [message.format(steps=steps, nodes=nodes)]
    assert 0 < found[0].span.end - found[0].span.start < len(text)
    if place is not None:
        assert found[0].span.text == place


@pytest.mark.parametrize("operator", ["+", "-", "*", "//"])
def test_long_sums_are_no_nesting(operator: str) -> None:
    assert value(f" {operator} ".join(["1"] * 5000)) == {"+": 5000, "-": -4998}.get(operator, 1)


def test_long_conditions_are_no_nesting() -> None:
    assert value(" and ".join(["1 < 2"] * 5000)) is True
    assert value(" or ".join(["1 > 2"] * 5000)) is False


def test_long_flows_are_no_nesting() -> None:
    text = "model M() :: [8] -> [8] {\n" + "\n-> ".join(["relu"] * 5000) + "\n}"
    assert not program(text).has_errors


def test_a_limit_ends_the_compilation_once() -> None:
    text = "".join(f"model M{i}() :: [8] -> [8] {{ repeat 90_000 {{ repeat 9 {{ id }} }} }}\n" for i in range(5))
    assert [d.code for d in program(text).diagnostics] == ["too-much-work"]


def test_arguments_within_arguments_are_written_out_once() -> None:
    """Each twice, and sixty of them would take longer than there is time."""
    calls = "B(" * 60 + "relu" + ")" * 60
    assert not check_text(f"block B(u: op) {{ u }}\nmodel M() :: [8] -> [8] {{ {calls} }}")
