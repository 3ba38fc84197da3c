"""Colours of texts: one table for Pygments, pages and the editors' grammar, held to the grammar of the language."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.highlight import KINDS, TERMINALS, pieces
from archdsl.highlight.kinds import RULES
from archdsl.syntax.tables import load

ROOT = Path(__file__).parents[3]
SPECS = sorted([*ROOT.glob("specs/*.arch"), *ROOT.glob("archdsl/std/**/*.arch")])
GRAMMAR = (ROOT / "grammars" / "arch.lark").read_text(encoding="utf-8")


def kinds(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.kind) for piece in pieces(text) if piece.kind != "space"]


def test_every_terminal_of_the_grammar_has_a_kind() -> None:
    terminals = set(re.findall(r"^([A-Z_]+):", GRAMMAR, re.MULTILINE))
    assert len(terminals) > 50
    assert set(TERMINALS) == terminals
    assert set(TERMINALS.values()) | {rule.kind for rule in RULES} | {"module", "unknown"} == set(KINDS)


def test_every_keyword_and_mark_is_read_as_its_kind() -> None:
    for terminal, spelling in load().spelling.items():
        assert kinds(spelling) == [(spelling, TERMINALS[terminal])]


@pytest.mark.parametrize("number", ["1", "1_000", "8k", "2.5M", "1e-3", "0.5"])
def test_numbers(number: str) -> None:
    assert kinds(number) == [(number, "number")]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_keep_their_text_and_have_nothing_unknown(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(pieces(text))
    assert "".join(piece.text for piece in found) == text
    assert all(text.startswith(piece.text, piece.start) for piece in found)
    assert {piece.kind for piece in found} <= KINDS.keys() - {"unknown"}


@given(st.text(alphabet=st.sampled_from('ab1"#\\\n\r\t ([{}]):=.->~é\ud800🙂')))
def test_any_text_is_its_pieces(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_names_by_what_stands_beside_them() -> None:
    first = "from std.conv import ConvBN\nblock B(n: int, act: op = relu, xs: list[int]) {"
    found = kinds(first + "\n  add { main: conv(n, k=3) }\n}\n")
    wanted = [
        ("std", "module"), ("conv", "module"), ("ConvBN", "block"), ("B", "block-definition"), ("n", "label"),
        ("int", "type"), ("op", "type"), ("relu", "op"), ("list", "type"), ("add", "op"), ("main", "label"),
        ("conv", "op"), ("k", "argument"), ("n", "name"),
    ]  # fmt: skip
    for each in wanted:
        assert each in found
    assert ("a", "name") in kinds("xs[a:b]"), "a slice has no labels"
    assert kinds("f(x) -> y as tap :: [_]")[:1] == [("f", "call")]
    assert ("tap", "label") in kinds("f(x) -> y as tap :: [_]")


def test_what_is_no_text_of_the_language_is_unknown() -> None:
    assert kinds("3x -> 'a'") == [("3x", "unknown"), ("->", "operator"), ("'a'", "unknown")]


def _lexer() -> Any:
    pytest.importorskip("pygments", reason="Pygments is not installed: pip install '.[notebook]'")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, name = project["project"]["entry-points"]["pygments.lexers"]["arch"].partition(":")
    return getattr(import_module(module), name)()


def test_pygments_finds_the_lexer_and_reads_every_spec() -> None:
    lexer = _lexer()
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.token import Error, Name

    assert "arch" in lexer.aliases
    assert lexer.filenames == ["*.arch"]
    for path in SPECS:
        text = path.read_text(encoding="utf-8")
        tokens = list(lexer.get_tokens(text))
        assert "".join(value for _, value in tokens) == text
        assert not [value for kind, value in tokens if kind in Error]
    assert (Name.Builtin, "conv") in list(lexer.get_tokens("conv(3)"))
    assert (Error, "3x") in list(lexer.get_tokens("3x")), "so that the loop above can fail"
    assert '<span class="nb">conv</span>' in highlight("conv(3)", lexer, HtmlFormatter())
