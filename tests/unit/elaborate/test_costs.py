"""Costs without graphs are those of the graphs, and take little time."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from archdsl.compiler import Program
from archdsl.elaborate.costs import Costs
from archdsl.elaborate.values import Given
from archdsl.files import DiskLoader
from archdsl.passes.cost import cost
from archdsl.source import SourceFile, Span
from tests.patience import patience

CHAIN = """\
from std.conv import ConvBNAct
from std.residual import BasicBlock, ResidualStage

model Net(w: int = 16, d: int = 2, k: int = 3, m: int = 2, last: int = w * m, size: int = 32)
    :: [size, size, 3] -> [10] {
  let inner = w * m

  ConvBNAct(w, k=k) as stem
  -> ResidualStage(BasicBlock, w, d, stride=1) as s1
  -> ResidualStage(BasicBlock, inner, d) as s2
  -> repeat d { conv(last, k=k) -> relu } as s3
  :: [size / 2, size / 2, last]
  -> global_avg_pool -> dense(10) as head
}
"""
TAPPED = """\
model Net(w: int = 16, d: int = 2, k: int = 3, m: int = 2, last: int = w * m, size: int = 32)
    :: [size, size, 3] -> [10] {
  conv(w, k=k) as early -> repeat d { conv(w, k=k) } -> concat(early) -> conv(last) -> global_avg_pool -> dense(10)
}
"""
SHARED = """\
model Net(w: int = 16, d: int = 2, k: int = 3, m: int = 2, last: int = w * m, size: int = 32)
    :: [size, size, 3] -> [10] {
  shared same = conv(w, k=k)

  conv(w) -> repeat d { same } -> conv(last) -> global_avg_pool -> dense(10)
}
"""
WHOLE = pytest.mark.parametrize("text", [CHAIN, TAPPED, SHARED], ids=["chain", "tapped", "shared"])


def made(text: str) -> tuple[Program, Costs, Span]:
    program = Program(SourceFile("net.arch", text), DiskLoader())
    assert not program.has_errors, program.diagnostics
    return program, program.costs("Net"), Span(program.source, 0, 0)


def candidates(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Some of them are wrong: an even kernel is none, no width is negative, and sizes must divide."""
    chance = random.Random(seed)
    values = {"w": [4, 8, 12, 16, -1], "d": [1, 2, 3], "k": [1, 3, 5], "m": [1, 2, 3], "size": [32, 24, 31]}
    return [{name: chance.choice(found) for name, found in values.items()} for _ in range(count)]


@WHOLE
def test_they_are_those_of_the_graph(text: str) -> None:
    program, costs, span = made(text)
    wrong = 0
    for given in candidates(40):
        if program.has_errors:
            program = made(text)[0]
        graph = program.graph("Net", given)
        wanted = cost(graph).total if graph is not None and not program.has_errors else None
        wrong += wanted is None
        assert costs.of({name: Given(value, span) for name, value in given.items()}) == wanted, given
    assert 0 < wrong < 30


def test_a_value_of_another_type_is_wrong() -> None:
    _, costs, span = made(CHAIN)
    assert costs.of({"d": Given(1, span)}) is not None
    assert costs.of({"d": Given(True, span)}) is None
    assert costs.of({"d": Given("one", span)}) is None
    assert costs.of({"d": Given(1, span)}) is not None


def test_nothing_is_reported() -> None:
    program, costs, span = made(CHAIN)
    assert costs.of({"w": Given(-1, span)}) is None
    assert not program.has_errors
    assert program.graph("Net") is not None


def test_two_thousand_a_second() -> None:
    """Of processor time, in the part of them that the machine was disturbed least."""
    _, costs, span = made(CHAIN)
    chance = random.Random(1)
    values = {"w": range(8, 64, 4), "d": range(1, 7), "k": [3, 5], "m": range(1, 5)}
    given = [{n: Given(chance.choice(list(v)), span) for n, v in values.items()} for _ in range(4000)]
    rates = []
    for start in range(0, 4000, 500):
        started = time.process_time()
        known = [costs.of(each) for each in given[start : start + 500]]
        rates.append(500 / (time.process_time() - started))
        assert all(known)
    assert len({found.params for found in map(costs.of, given) if found}) > 300
    assert max(rates) > 2000 / patience(1)


def test_what_the_definition_does_not_allow_has_no_cost() -> None:
    text = CHAIN.replace("w: int = 16, d: int = 2", "w: int in [4, 8, 12] = 4, d: int in [1, 2, 3] = 1")
    text = text.replace(")\n    ::", ")\n    where w * d < 30\n    ::")
    program, costs, span = made(text)
    allowed = {
        (w, d): costs.of({"w": Given(w, span), "d": Given(d, span)}) for w in (4, 8, 12, 16) for d in (1, 2, 3, 4)
    }
    assert {key for key, found in allowed.items() if found is not None} == {
        (w, d) for w in (4, 8, 12) for d in (1, 2, 3) if w * d < 30
    }
    graph = program.graph("Net", {"w": 12, "d": 2})
    assert graph is not None
    assert cost(graph).total == allowed[12, 2]
