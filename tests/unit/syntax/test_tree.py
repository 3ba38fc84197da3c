"""The tree holds every character of every text, and says of sound ones what the AST says."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.limits import DEFAULT
from archdsl.source import SourceFile
from archdsl.syntax import parser, tables
from archdsl.syntax.build import Builder
from archdsl.syntax.tokens import END, Token
from archdsl.syntax.tree import Leaf, Node, parse
from tests.fuzz.corpus import texts
from tests.fuzz.mutations import damaged
from tests.fuzz.programs import Writer

MUTATED = int(os.environ.get("ARCHDSL_TREES", "100"))
_WORDS = [
    *tables.load().spelling.values(),
    *'a b1 3 4.1G 0x "s" " \' # ## é 層 \0 \t \r \n'.split(" "),
    "\n",
    "\n  ",
    " ",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(_WORDS), max_size=60).map(" ".join))


def _tree(text: str) -> Node:
    return parse(SourceFile("<text>", text))


def test_what_it_looks_like() -> None:
    tree = _tree("# one\nlet n = f( 1 ) # two\n")
    assert repr(tree) == (
        "(start (declarations (let LET 'let' NAME 'n' EQUAL '=' (call (name NAME 'f') (arguments LPAR '(' "
        "(integer INTEGER '1') RPAR ')')))) $END '')"
    )
    assert [leaf.trivia for leaf in tree.leaves()] == ["# one\n", " ", " ", " ", "", " ", " ", " # two\n"]


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("let a = ", ["LET let", "NAME a", "EQUAL =", "ERROR ", "$END "]),
        ("let a = f(1", ["LET let", "NAME a", "EQUAL =", "NAME f", "LPAR (", "INTEGER 1", "RPAR ", "$END "]),
        ("let a = 1 2 3", ["LET let", "NAME a", "EQUAL =", "ERROR 1 2 3", "$END "]),
    ],
)
def test_errors_are_tokens(text: str, leaves: list[str]) -> None:
    """What is missing has no text, and what fits nowhere is in one piece."""
    assert [f"{leaf.kind} {leaf.text}" for leaf in _tree(text).leaves()] == leaves


@pytest.mark.parametrize("text", texts())
def test_sound_and_broken_specs(text: str) -> None:
    assert _tree(text).text == text


@settings(max_examples=100, derandomize=True, deadline=None)
@given(TEXTS)
def test_any_text(text: str) -> None:
    assert _tree(text).text == text
    parser.parse(SourceFile("<text>", text))


def test_damaged_texts() -> None:
    random = Random(7)
    for _ in range(MUTATED):
        text = damaged(random.choice(texts()), random)
        assert _tree(text).text == text


def test_prefixes() -> None:
    """An editor sees every one of them. The full run takes each; this one some of each spec."""
    step = 1 if "ARCHDSL_TREES" in os.environ else 1_501
    for text in texts():
        for end in range(len(text) % step, len(text), step):
            assert _tree(text[:end]).text == text[:end]
            parser.parse(SourceFile("<text>", text[:end]))


def _lowered(tree: Node, builder: Builder) -> object:
    """What the methods of the builder make of a tree, from its leaves up."""
    at = 0

    def lower(node: Node | Leaf) -> object:
        nonlocal at
        if isinstance(node, Leaf):
            token = Token(node.kind, node.text, at + len(node.trivia))
            at = token.end
            return token
        return getattr(builder, node.kind)([lower(child) for child in node.children])

    children = tree.children[:-1]  # without the end
    return builder.start([lower(child) for child in children])


def test_a_tree_means_what_its_text_means() -> None:
    programs = [Writer(Random(seed), seed).program() for seed in range(20)]
    for text in [*texts(), *programs]:
        source = SourceFile("<text>", text)
        module, found = parser.parse(source)
        if found:
            continue
        tree = parse(source)
        assert {leaf.kind for leaf in tree.leaves()} <= tables.load().spelling.keys() | {
            "NAME", "INTEGER", "DECIMAL", "STRING", "NEWLINE", "COMPARE", END,
        }  # fmt: skip
        made = _lowered(tree, Builder(source, DEFAULT))
        assert isinstance(made, tuple)
        assert [d.replaced(doc="") if hasattr(d, "doc") else d for d in module.declarations] == list(made)
