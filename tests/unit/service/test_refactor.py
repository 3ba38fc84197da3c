"""Refactorings leave graphs as they are, and claims hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from archdsl.compiler import Program
from archdsl.files import DiskLoader, locate
from archdsl.service import Analysis
from archdsl.service.edits import Edit
from archdsl.service.nodes import below
from archdsl.service.refactor import refactorings
from archdsl.service.refactor.claims import check_line, shape_claim
from archdsl.service.refactor.extract import extract
from archdsl.service.refactor.inline import inline
from archdsl.service.refactor.repeat import repeat
from archdsl.source import SourceFile
from archdsl.syntax import ast

ROOT = Path(__file__).parents[3]


def analysis(text: str) -> Analysis:
    return Analysis(SourceFile("net.arch", text), DiskLoader())


def changed(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def selection(marked: str) -> tuple[str, int, int]:
    """The text between `«` and `»`."""
    start, end = marked.index("«"), marked.index("»") - 1
    return marked.replace("«", "").replace("»", ""), start, end


def shapes(program: Program) -> list[object]:
    """The graphs of a program without names."""
    program.check()
    assert [d.text for d in program.diagnostics if d.is_error] == []
    made: list[object] = []
    for name in program.ready():
        graph = program.graph(name)
        assert graph is not None
        number = {n: i for i, n in enumerate([*(port.name for port in graph.inputs), *graph.by_path])}
        made.append([(repr(node.op), [number[n] for n in node.inputs], str(node.shape)) for node in graph])
    return made


def test_steps_become_a_block() -> None:
    text, start, end = selection("""\
## A net.
model Net(width: int = 8) :: [32, 32, 3] -> [32, 32, width] {
  let deep = 2 * width

  conv(deep) as first
  -> «conv(deep) -> relu
  -> add(first)»
  -> conv(width)
}
""")
    found = extract(analysis(text), start, end)
    assert found is not None
    after = changed(text, found.edits)
    assert (
        after
        == """\
block Extracted(deep: int, first: tensor) {
  conv(deep) -> relu
  -> add(first)
}

## A net.
model Net(width: int = 8) :: [32, 32, 3] -> [32, 32, width] {
  let deep = 2 * width

  conv(deep) as first
  -> Extracted(deep=deep, first=first)
  -> conv(width)
}
"""
    )
    assert shapes(analysis(after).program) == shapes(analysis(text).program)


def test_a_condition_behind_else_becomes_a_block() -> None:
    text, start, end = selection(
        "model Net(n: int = 3) :: [8] -> [8] {\n  if n > 3 { relu } else «if n > 2 { gelu } else { silu }»\n}\n"
    )
    found = extract(analysis(text), start, end)
    assert found is not None
    after = changed(text, found.edits)
    assert "else { Extracted(n=n) }" in after
    assert shapes(analysis(after).program) == shapes(analysis(text).program)


def test_steps_whose_names_are_used_behind_them_stay() -> None:
    text, start, end = selection("model Net() :: [8] -> [8] { «dense(8) as x» -> relu -> add(x) }\n")
    assert extract(analysis(text), start, end) is None
    text, start, end = selection("model Net() :: [8] -> [8] { dense(«8») }\n")
    assert extract(analysis(text), start, end) is None


def test_a_call_becomes_what_the_block_does() -> None:
    text = """\
block Unit(width: int, act: op = relu, deep: int = 2 * width) {
  conv(deep) -> act
  -> conv(width)
}
model Net(n: int = 4) :: [8, 8, 3] -> [8, 8, 5] { Unit(n + 1, act=gelu) }
"""
    found = inline(analysis(text), text.index("Unit(n"), text.index("Unit(n"))
    assert found is not None
    after = changed(text, found.edits)
    assert "conv((2 * (n + 1))) -> gelu\n  -> conv((n + 1))\n}" in after
    assert shapes(analysis(after).program) == shapes(analysis(text).program)


def test_a_block_that_asks_for_sizes_is_not_inlined() -> None:
    text = "block B() :: [c] -> [c] { dense(c) }\nmodel Net() :: [8] -> [8] { B }\n"
    assert inline(analysis(text), text.index("B }"), text.index("B }")) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("relu -> conv(8) -> conv(8) -> |conv(8) -> relu", "relu -> repeat 3 { conv(8) } -> relu"),
        ("conv(8) -> relu -> |conv(8) -> relu", "repeat 2 { conv(8) -> relu }"),
        ("conv(8) -> |relu -> conv(8)", None),
        ("conv(8) as a -> |conv(8) as a", None),
    ],
)
def test_equal_steps_become_a_loop(before: str, after: str | None) -> None:
    marked = f"model Net() :: [8, 8, 8] -> [8, 8, 8] {{ {before} }}\n"
    text = marked.replace("|", "")
    found = repeat(analysis(text), marked.index("|"), marked.index("|"))
    assert (changed(text, found.edits) if found else None) == (after and text.replace(before.replace("|", ""), after))


def test_claims_hold() -> None:
    text = "model Net() :: [8, 8, 3] -> [4] {\n  conv(8) as x -> global_avg_pool -> dense(4)\n}\n"
    found = shape_claim(analysis(text), text.index("conv"), text.index("conv"))
    assert found is not None
    after = changed(text, found.edits)
    assert "conv(8) :: [8, 8, 8] as x" in after or "conv(8) as x :: [8, 8, 8]" in after
    assert shapes(analysis(after).program) == shapes(analysis(text).program)
    found = check_line(analysis(text), text.index("Net"), text.index("Net"))
    assert found is not None
    after = changed(text, found.edits)
    assert after.endswith("\n\ncheck Net() :: [8, 8, 3] -> [4], params == 260, macs == 13_856, depth == 2\n")
    assert analysis(after).diagnostics == ()


@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v2", "googlenet"])
def test_refactorings_of_a_spec_leave_its_graphs(name: str) -> None:
    """Every one that is offered for a step or for two that follow each other."""
    located = locate(str(ROOT / f"specs/{name}.arch"))
    whole = Analysis(located.source, located.loader)
    wanted = shapes(Program(located.source, located.loader))
    tried: set[str] = set()
    for declaration in whole.parsed.declarations:
        for node in below(declaration):
            if not isinstance(node, ast.Flow):
                continue
            for first, second in zip(node.steps, node.steps[1:], strict=False):
                for action in refactorings(whole, first.span.start, second.span.end)[:2]:
                    if action.title in tried and len(tried) > 3:
                        continue
                    tried.add(action.title)
                    after = changed(whole.text, action.edits)
                    source = SourceFile(located.source.name, after, located.source.path)
                    assert shapes(Program(source, located.loader)) == wanted, after
    assert tried
