"""Flows and bodies: steps, branches, and the line breaks that end them."""

from __future__ import annotations

import pytest

from archdsl.source import SourceFile
from archdsl.syntax.parser import parse
from tests.unit.syntax.dump import flow


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("relu", "{<relu>}"),
        ("conv(64, k=3) -> relu", "{<conv(64, k=3)> -> <relu>}"),
        ("relu()", "{<relu()>}"),
        ("c[0] -> f.out -> units[i](64)", "{<c[0]> -> <f.out> -> <units[i](64)>}"),
        ("add { main: relu\nskip: id }", "{<add {main: <relu>; skip: <id>}>}"),
        ("add { main: relu  skip: id }", "{<add {main: <relu>; skip: <id>}>}"),
        ("add { relu, id }", "{<add {<relu>; <id>}>}"),
        ("add { relu\n\n  id, }", "{<add {<relu>; <id>}>}"),
        ("mul(broadcast=true) { relu, id }", "{<mul(broadcast=True) {<relu>; <id>}>}"),
        ("concat { ...c\nrelu }", "{<concat {...c; <relu>}>}"),
        ("concat { all: ...c  new: relu -> gelu }", "{<concat {all: ...c; new: <relu> -> <gelu>}>}"),
        ("add { id, ...if a { x } else if b { y } }", "{<add {<id>; ...if a {<x>} else {if b {<y>}}}>}"),
        ("concat { all: ...for r in rs { f(r) }  one: id }", "{<concat {all: ...for r in rs {<f(r)>}; one: <id>}>}"),
        ("add { id\n...repeat n as i { f(i) } }", "{<add {<id>; ...repeat n as i {<f(i)>}}>}"),
        ("residual(drop=0.1) { relu -> gelu }", "{<residual(drop=0.1) {<relu> -> <gelu>}>}"),
        ("repeat n { relu }", "{repeat n {<relu>}}"),
        ("repeat n - 1 as i { f(i) }", "{repeat (n - 1) as i {<f(i)>}}"),
        ("for s in stages { relu }", "{for s in stages {<relu>}}"),
        ("for i, s in enumerate(stages) { relu }", "{for i, s in enumerate(stages) {<relu>}}"),
        ("if a { relu }", "{if a {<relu>}}"),
        ("if a == 1 and b { relu } else { id }", "{if ((a == 1) and b) {<relu>} else {<id>}}"),
        ("if a { x } else if b { y } else { z }", "{if a {<x>} else {if b {<y>} else {<z>}}}"),
        ("{ relu -> gelu } -> id", "{{<relu> -> <gelu>} -> <id>}"),
        ("ports { a: relu  b: id }", "{<ports {a: <relu>; b: <id>}>}"),
        ("relu as a -> id", "{(<relu> as a) -> <id>}"),
        ("relu :: [h, _, ?, 2 * c] as a", "{((<relu> :: [h, _, ?, (2 * c)]) as a)}"),
        ("relu as a :: [..., c]", "{((<relu> as a) :: [..., c])}"),
        ("let n = 3\nshared f = g(1)\nrepeat n { f }", "{let n = 3; shared f = g(1); repeat n {<f>}}"),
        ("repeat 2 { let n = 3\nrelu }", "{repeat 2 {let n = 3; <relu>}}"),
    ],
)
def test_steps(text: str, grouped: str) -> None:
    assert flow(text) == grouped


@pytest.mark.parametrize(
    "text",
    [
        "relu -> gelu as a :: [c]",
        "relu\n-> gelu\nas a\n:: [c]",
        "relu ->\n  gelu as a :: [c]",
        "relu\n\n# between\n\n-> gelu  # after\n as a :: [\n  c\n]",
        "\n\nrelu -> gelu as a :: [c]\n\n",
    ],
)
def test_a_line_goes_on_where_it_must(text: str) -> None:
    assert flow(text) == "{<relu> -> ((<gelu> as a) :: [c])}"


def test_windows_line_ends() -> None:
    assert flow("relu\r\n-> gelu\r\n") == "{<relu> -> <gelu>}"


def test_else_on_its_own_line() -> None:
    assert flow("if a {\n  x\n}\nelse {\n  y\n}") == "{if a {<x>} else {<y>}}"


def test_a_new_line_separates_branches() -> None:
    assert flow("add {\n  relu\n  -> gelu\n  id\n}") == "{<add {<relu> -> <gelu>; <id>}>}"


def test_spans_run_from_end_to_end() -> None:
    text = "block A() {\n  conv(64, k=3)\n  -> relu\n}"
    module, _ = parse(SourceFile("<text>", text))
    (block,) = module.declarations
    steps = block.body.flow.steps  # type: ignore[union-attr]
    assert [step.span.text for step in steps] == ["conv(64, k=3)", "relu"]
    assert block.body.flow.span.text == "conv(64, k=3)\n  -> relu"  # type: ignore[union-attr]
    assert block.span.text == text


def test_a_flow_may_start_on_the_line_after_its_label() -> None:
    split, joined = (
        "add {\n    main:\n      conv(8) -> relu\n    skip:\n      id\n  }",
        "add { main: conv(8) -> relu  skip: id }",
    )
    assert flow(split) == flow(joined)
