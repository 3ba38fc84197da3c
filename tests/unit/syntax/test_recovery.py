"""After a mistake the rest of the file is read: one mistake hides no other, and causes none."""

from __future__ import annotations

import pytest

from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from tests.unit.syntax.dump import dump


def _parse(text: str) -> tuple[ast.Module, list[str]]:
    module, found = parse(SourceFile("<text>", text))
    return module, [f"{d.span.line}: {d.code}" for d in found]


def test_each_mistake_is_reported_and_costs_no_declaration() -> None:
    text = "let a = = 1\nlet b = 2\nblock C( { relu }\nfn d(x: int) = x\nmodel E() :: [1] -> [1] { ' }\nlet f = 3\n"
    module, found = _parse(text)
    assert found == ["1: unexpected-token", "3: unclosed-bracket", "5: unexpected-character"]
    assert [d.name.id for d in module.declarations] == ["a", "b", "C", "d", "E", "f"]  # type: ignore[union-attr]
    assert module.broken == frozenset()


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("from std.conv import ConvBN, as X, Y\nlet a = 1", {"X"}),
        ("from std..conv import A as B\nlet a = 1", {"B"}),
    ],
)
def test_names_of_what_cannot_be_read_are_known(text: str, broken: set[str]) -> None:
    module, found = _parse(text)
    assert found == ["1: unexpected-token"]
    assert module.broken >= broken


def test_a_broken_check_breaks_no_name() -> None:
    module, _ = _parse("model A() :: [1] -> [1] { relu }\ncheck A( :: [1]\nlet b = 1")
    assert module.broken == frozenset()
    assert len(module.declarations) == 3


@pytest.mark.parametrize("opener", ["(", "[", "{ relu"])
def test_an_open_bracket_costs_its_own_declaration_only(opener: str) -> None:
    module, found = _parse(f"block A() {{ conv{opener}\n\nblock B() {{ relu }}\nlet c = 1\nfn d(x: int) = x\n")
    assert found == ["1: unclosed-bracket"]
    assert [d.name.id for d in module.declarations] == ["A", "B", "c", "d"]  # type: ignore[union-attr]


def test_a_second_flow_is_read_as_part_of_the_first() -> None:
    module, found = _parse("block A() {\n  conv(8)\n  relu -> gelu\n  let a = 1\n}")
    assert found == ["3: second-flow", "4: statement-after-flow"]
    (block,) = module.declarations
    assert dump(block.body) == "{let a = 1; <conv(8)> -> <relu> -> <gelu>}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fan", "codes", "read"),
    [
        ("main: conv(8)\n      relu\nskip: id", ["forgotten-arrow"], "main: <conv(8)> -> <relu>; skip: <id>"),
        ("conv(8)\n  relu\nid", ["forgotten-arrow"], "<conv(8)> -> <relu>; <id>"),
        ("main: conv(8)\nrelu", ["mixed-labels"], "main: <conv(8)>; <relu>"),
        ("relu, gelu\nid", [], "<relu>; <gelu>; <id>"),
        ("conv(8)\n  -> relu\nid", [], "<conv(8)> -> <relu>; <id>"),
    ],
)
def test_branches_that_lost_an_arrow_or_a_label(fan: str, codes: list[str], read: str) -> None:
    module, found = _parse(f"block A() {{\nadd {{\n{fan}\n}}\n}}")
    assert [f.partition(": ")[2] for f in found] == codes
    assert dump(module.declarations[0].body) == f"{{<add {{{read}}}>}}"  # type: ignore[union-attr]


def test_many_mistakes_end_the_reading() -> None:
    module, found = _parse("let a = =\n" * 300 + "let b = 1")
    assert len(found) == 100
    assert module.declarations[-1].name.id == "b", "all the same it is read to its end"  # type: ignore[union-attr]


def test_comments_of_a_broken_declaration_do_not_hide_the_others() -> None:
    module, _ = _parse("# one\nlet a = =  # two\n# three\nlet b = 1  # four\n")
    assert {"one", "four"} <= {c.text for c in module.comments}


@pytest.mark.parametrize(
    "text",
    ["let a = " + "(" * 5000 + "1" + ")" * 5000, "block A() { " + "{ " * 5000 + "relu" + " }" * 5000 + " }"],
    ids=["brackets", "bodies"],
)
def test_deep_nesting_is_refused_at_its_place(text: str) -> None:
    module, found = parse(SourceFile("<text>", f"{text}\nlet b = 1"))
    (problem,) = found
    assert (problem.code, problem.span.line) == ("nested-too-deeply", 1)
    assert problem.text == "the nesting is too deep: more than 100 brackets"
    assert [d.name.id for d in module.declarations] == ["b"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("conv(8, k=3 -> relu", "<conv(8, k=3)> -> <relu>"),
        ("conv(8 k=3) -> relu", "<conv(8, k=3)> -> <relu>"),
        ("conv(8, k=3) => relu", "<conv(8, k=3)> -> <relu>"),
        ("conv(8, k=) -> relu", "<conv(8, k=!)> -> <relu>"),
        ("conv(8,, k=3) -> relu", "<conv(8, !, k=3)> -> <relu>"),
        ("conv(8, k=3)) -> relu", "<conv(8, k=3)> -> <relu>"),
        ("conv(8, k=3] -> relu", "<conv(8, k=3)> -> <relu>"),
        ("conv(8) -> -> relu", "<conv(8)> -> ! -> <relu>"),
        ("conv(8) -> 3 * 4 -> relu", "<conv(8)> -> ! -> <relu>"),
        ("repaet 3 { relu } -> gelu", "repeat 3 {<relu>} -> <gelu>"),
        ("lett n = 3\nconv(n)", "let n = 3; <conv(n)>"),
        ("let n = 3 * $\nconv(n)", "let n = (3 * !); <conv(n)>"),
        ("for x xs { relu }", "for x in xs {<relu>}"),
        ("conv(8 × 2, k=3)", "<conv((8 * 2), k=3)>"),
        ("conv(8, k=1 if 1 = 1 else 3)", "<conv(8, k=(1 if (1 == 1) else 3))>"),
        ("conv(8, pad='same') -> relu", "<conv(8, pad='same')> -> <relu>"),
        ('conv(8, pad="same) -> relu', "<conv(8, pad=!)> -> <relu>"),
    ],
)
def test_the_sound_rest_of_a_body_is_read(text: str, read: str) -> None:
    module, found = _parse(f"block A() {{\n{text}\n}}\nlet z = 1")
    assert len(found) == 1, found
    block, _ = module.declarations
    assert dump(block.body) == f"{{{read}}}"  # type: ignore[union-attr]


def test_two_mistakes_in_one_line() -> None:
    module, found = _parse("block A() { conv(8 k=3) => conv(4, k: 3) -> relu -> relu }")
    assert found == ["1: unexpected-token"] * 3
    assert dump(module.declarations[0].body) == "{<conv(8, k=3)> -> <conv(4, k=3)> -> <relu> -> <relu>}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("  repeat 2 {\n    relu\n  -> gelu", ["2: unclosed-bracket"]),
        ("  add {\n    a: repeat 2 { relu\n    b: id\n  }\n  -> gelu", ["3: unclosed-bracket"]),
        ("  if true { relu else { id }\n  -> gelu", ["2: unclosed-bracket"]),
        ("  add\n    a: relu\n    b: id\n  }\n  -> gelu", ["2: unexpected-token"]),
        ("  id\n  ->  relu -> gelu } as x\n  -> gelu", ["3: unexpected-token"]),
        ("  repeat 2 relu }\n  -> gelu", ["2: unexpected-token"]),
        ("  { repeat 2 {\n    relu\n  -> gelu", ["2: unclosed-bracket"]),
    ],
)
def test_a_forgotten_brace_is_found_by_the_lines(body: str, found: list[str]) -> None:
    module, said = _parse(f"block A() {{\n{body}\n}}\nlet b = 1\n")
    assert said == found
    block = module.declarations[0]
    assert isinstance(block, ast.Block)
    assert block.body.flow is not None
    last = block.body.flow.steps[-1]
    assert last.span.text == "gelu", "what follows belongs to the block"


def test_lines_that_are_laid_out_oddly_are_no_mistake() -> None:
    assert _parse("block A() {\n      repeat 2 {\nrelu\n  -> gelu }\n    -> add { id, relu\n}\n}\n")[1] == []
