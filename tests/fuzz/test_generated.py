"""Programs that were generated are right, and together they have everything that the language has."""

from __future__ import annotations

import inspect
from functools import cache
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl.compiler import Program
from archdsl.names import Index
from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from archdsl.syntax.walk import walk
from tests.computed import COMPUTED
from tests.fuzz.calls import call
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.judge import check_graph
from tests.fuzz.programs import Writer

PROGRAMS = st.randoms(use_true_random=False).map(lambda random: Writer(random).program())
_ABSTRACT = frozenset({ast.Node, ast.Comment, ast.Broken})
"""Comments are no part of the tree, and what does not parse is none of a program without mistakes."""


@cache
def _sample() -> tuple[str, ...]:
    return tuple(Writer(Random(seed), seed).program() for seed in range(150))


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PROGRAMS)
def test_generated_programs_are_right(text: str) -> None:
    program = Program(SourceFile("<text>", text), MemoryLoader({}))
    program.check()
    assert [found.text for found in program.diagnostics if found.is_error] == []
    for model in program.models:
        graph = program.graph(model)
        assert graph is not None
        check_graph(graph)


def test_every_name_of_a_generated_program_is_bound() -> None:
    for text in _sample():
        for names in Index(parse(SourceFile("<text>", text))[0]).all():
            assert [use.name.id for use in names.uses if use.definition is None] == []
            assert [*names.ambiguous, *names.repeated] == []


def test_every_construct_is_generated() -> None:
    """Each class of the syntax tree, so that a new rule of the grammar needs a line in the generator."""
    seen = {
        type(node) for text in _sample() for d in parse(SourceFile("<text>", text))[0].declarations for node in walk(d)
    }
    all_ = {kind for _, kind in inspect.getmembers(ast, inspect.isclass) if issubclass(kind, ast.Node)}
    assert all_ - _ABSTRACT - seen == set()


def test_every_op_is_generated() -> None:
    """In what is elaborated, not only in branches that are not taken."""
    seen = set[str]()
    for text in _sample():
        graph = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net")
        assert graph is not None
        seen |= {node.op.name for node in graph}
    assert set(COMPUTED) - seen == set()


def test_rows_that_are_looked_up_are_there() -> None:
    steps = [call("embedding", Random(seed), (36,)) for seed in range(20)]
    texts = [step.text for step in steps if step is not None]
    assert texts
    assert all("ramp(36) -> embedding(40" in text for text in texts)
