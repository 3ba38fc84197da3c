"""A text that is read with what the version before was read as, is read as if there had been none."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from archdsl.limits import DEFAULT
from archdsl.source import SourceFile
from archdsl.syntax import ast, tables
from archdsl.syntax.lexer import scan
from archdsl.syntax.parser import parse, reparse
from archdsl.syntax.pieces import Pieces
from tests.lsp.edits import Hands

ROOT = Path(__file__).parents[3]
EDITS = int(os.environ.get("ARCHDSL_EDITS", "80"))
SPECS = ("specs/light_cifar", "specs/resnet50", "specs/efficientnet", "archdsl/std/residual", "archdsl/std/conv")


def compare(text: str, known: Pieces) -> Pieces:
    """The pieces of a text, after its tokens, its AST and what is wrong were compared with those of a fresh parse."""
    source = SourceFile("<text>", text)
    found, (module, diagnostics) = reparse(source, DEFAULT, known), parse(source)
    lexed = scan(text, tables.load())
    assert [*map(repr, (*found.lexed.tokens, *found.lexed.comments))] == [*map(repr, (*lexed.tokens, *lexed.comments))]
    assert found.module == module
    assert found.diagnostics == diagnostics
    return found.pieces


@pytest.mark.parametrize("name", SPECS)
def test_random_edits(name: str) -> None:
    text = (ROOT / f"{name}.arch").read_text()
    hands, known = Hands(text, seed=len(name)), compare(text, {})
    draw = random.Random(0)
    count = 0
    for _ in range(EDITS // len(SPECS)):
        if draw.random() < 0.1:  # what is wrong for long would leave nothing that is known
            hands.text = text
        else:
            hands.edit()
        known = compare(hands.text, known)
        count += len(known)
    assert count > EDITS // len(SPECS)


def test_declarations_are_kept_where_they_are_moved() -> None:
    known = compare("let a = 1\n## two\nlet b = a + 1\n", {})
    assert [*known] == ["let a = 1\n## two\n", "let b = a + 1\n"]
    moved = compare("let zero = 0\nlet b = a + 1\nlet a = 1\n## two\n", known)
    assert all(moved[text].declaration is not known[text].declaration for text in known)


def test_a_let_in_an_open_body_is_none_of_the_file() -> None:
    known = compare("let n = 3\nlet k = 4\nblock B { id }\n", {})
    assert "let n = 3\n" in known
    compare("let m = 2\nblock A {\nlet n = 3\nlet k = 4\n  conv(n * k)\n}\n", known)
    compare("let m = 2\nblock A {\nlet n = 3\nlet k = 4\nblock B { id }\n", known)


def test_what_is_wrong_is_not_kept() -> None:
    known = compare('let a = 1\nlet b = "x\nmodel M :: [4] -> [4] { dense( }\nblock B { id }\n', {})
    assert [*known] == ["let a = 1\n", "block B { id }\n"]


def test_a_body_is_moved_when_it_is_looked_at() -> None:
    text = "block A { dense(4) }\n"
    known = compare(f"let n = 1\n{text}", {})
    for number in (10, 100, 1000):  # nobody looks at it in between
        known = reparse(SourceFile("<text>", f"let n = {number}\n{text}"), DEFAULT, known).pieces
    block = known[text].declaration
    assert isinstance(block, ast.Block)
    assert "flow" not in block.body.__dict__
    assert block.body.span.text == "{ dense(4) }"
    assert block.body.flow is not None
    assert block.body.flow.span.text == "dense(4)"
    assert "flow" in block.body.__dict__
    with pytest.raises(AttributeError, match="Body has no flows"):
        block.body.flows  # type: ignore[attr-defined]  # noqa: B018
