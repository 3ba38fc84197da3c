"""Declarations: their parts, the comments above them, and what the tree keeps for a formatter."""

from __future__ import annotations

import pytest

from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from tests.unit.syntax.dump import declaration, dump


def _parse(text: str) -> ast.Module:
    module, found = parse(SourceFile("<text>", text))
    assert [d.text for d in found] == []
    return module


@pytest.mark.parametrize(
    ("text", "module", "is_path", "names"),
    [
        ("from std.conv import ConvBN", "std.conv", False, [("ConvBN", None)]),
        ("from std.a.b import A, B as C", "std.a.b", False, [("A", None), ("B", "C")]),
        ('from "./x.arch" import A,\n  B', "./x.arch", True, [("A", None), ("B", None)]),
    ],
)
def test_import(text: str, module: str, is_path: bool, names: list[tuple[str, str | None]]) -> None:
    node = declaration(text)
    assert isinstance(node, ast.Import)
    assert (node.module, node.is_path) == (module, is_path)
    assert [(n.name.id, n.alias.id if n.alias else None) for n in node.names] == names
    assert node.place.text.strip('"') == module


def test_function() -> None:
    node = declaration("fn scaled(filters: int, width: float = 1.0) =\n  make_divisible(filters * width, 8)")
    assert isinstance(node, ast.Function)
    assert [dump(p) for p in node.params] == ["filters: int", "width: float = 1.0"]
    assert dump(node.value) == "make_divisible((filters * width), 8)"


@pytest.mark.parametrize("shapes", ["", " :: [h] -> [h]", "\n    :: [h] -> [h]"])
@pytest.mark.parametrize("before", [" ", "\n    "])
def test_conditions(before: str, shapes: str) -> None:
    node = declaration(f"block A(a: int, b: int){before}where a < b, a in [1, 2],\n  not b == 3{shapes} {{ relu }}")
    assert isinstance(node, ast.Block)
    assert list(map(dump, node.conditions)) == ["(a < b)", "(a in [1, 2])", "(not (b == 3))"]
    assert (node.signature is None) == (not shapes)
    assert dump(node.body) == "{<relu>}"


def test_function_with_lets() -> None:
    node = declaration("fn f(x: int) {\n  let y = 2 * x\n  let z = y + 1\n\n  [y, z]\n}")
    assert isinstance(node, ast.Function)
    assert [*map(dump, node.statements), dump(node.value)] == ["let y = (2 * x)", "let z = (y + 1)", "[y, z]"]
    assert node.span.text.endswith("}")


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("a: int", ["a: int"]),
        ("a: int | list[int] = 3, b: str", ["a: int | list[int] = 3", "b: str"]),
        ("a: list[list[float]],\n  b: op = leaky_relu(0.1),\n", ["a: list[list[float]]", "b: op = leaky_relu(0.1)"]),
        ("k: int in [3, 5] = 3, n: list[int] in rows", ["k: int in [3, 5] = 3", "n: list[int] in rows"]),
        ("k: int | str in [3] if x in y else z", ["k: int | str in ([3] if (x in y) else z)"]),
        ("", []),
    ],
)
def test_parameters(text: str, types: list[str]) -> None:
    node = declaration(f"block A({text}) {{ relu }}")
    assert isinstance(node, ast.Block)
    assert [dump(p) for p in node.params] == types


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (":: [h, w, c] -> [h / 2, w / 2, 2 * c]", "[h, w, c] -> [(h / 2), (w / 2), (2 * c)]"),
        ("\n    :: [?, ?, 3] -> [_]", "[?, ?, 3] -> [_]"),
        (":: [..., c] -> [..., c]", "[..., c] -> [..., c]"),
        (":: (a: [n], b: [n, m]) -> [n]", "(a: [n], b: [n, m]) -> [n]"),
        (":: (a: ...[h, c]) -> (b: ...[h, 2 * c])", "(a: ...[h, c]) -> (b: ...[h, (2 * c)])"),
        (":: (a: [[h, c], [_, 3]], b: [n]) -> [n]", "(a.0: [h, c], a.1: [_, 3], b: [n]) -> [n]"),
        (":: [n] -> (x: [n],\n y: [1])", "[n] -> (x: [n], y: [1])"),
    ],
)
def test_signature(text: str, signature: str) -> None:
    for kind in ("block", "model"):
        node = declaration(f"{kind} A() {text} {{ relu }}")
        assert isinstance(node, ast.Block)
        assert node.is_model == (kind == "model")
        assert dump(node.signature) == signature


def test_brackets_without_parameters_may_be_left_out() -> None:
    node = declaration("block A { relu }")
    assert isinstance(node, ast.Block)
    assert (node.params, node.signature) == ((), None)


def test_variant() -> None:
    node = declaration('model A50 = A([1, 2], act=gelu) about { year = 2015, paper = "x"\n note = 1.5 }')
    assert isinstance(node, ast.Variant)
    assert dump(node.value) == "A([1, 2], act=gelu)"
    assert node.about is not None
    assert [dump(e) for e in node.about.entries] == ["year=2015", "paper='x'", "note=1.5"]


def test_about_of_a_variant_may_stand_below_it() -> None:
    module = _parse("model B = A(1)\n  about { year = 2015 }\nmodel C = A(2)")
    assert [d.about is not None for d in module.declarations if isinstance(d, ast.Variant)] == [True, False]


def test_about_of_a_model() -> None:
    node = declaration("model A() :: [n] -> [n] {\n  about { year = 2015 }\n  let n = 1\n  relu\n}")
    assert isinstance(node, ast.Block)
    assert node.body.about is not None


def test_check() -> None:
    node = declaration("check A(1) :: [8] -> [8],\n  params == 1_000, macs ~= 4.1G, 1 < depth <= 3")
    assert isinstance(node, ast.Check)
    assert dump(node.signature) == "[8] -> [8]"
    assert [dump(c) for c in node.conditions] == ["(params == 1000)", "(macs ~= 4100000000.0)", "(1 < depth <= 3)"]
    assert node.conditions[1].operands[1].span.text == "4.1G", "compared to the digits that are written"  # type: ignore[attr-defined]


def test_documentation_is_attached() -> None:
    module = _parse(
        "## About the file.\n\n## One.\n## Two.\nblock A() { relu }\n\n"
        "# plain\nfn f(x: int) = x\n## Of B.\nmodel B = C()\n"
    )
    assert [getattr(d, "doc", None) for d in module.declarations] == ["One.\nTwo.", "", "Of B."]


def test_documentation_stands_on_lines_of_its_own() -> None:
    module = _parse("let n = 3  ## Of n.\nblock B() { relu }\n")
    assert [getattr(d, "doc", "") for d in module.declarations] == ["", ""]


def test_comments_are_kept() -> None:
    module = _parse("# one\nlet a = 1  # two\n## three\nlet b = [ # four\n 2]\n#five")
    assert [(c.text, c.is_doc) for c in module.comments] == [
        ("one", False),
        ("two", False),
        ("three", True),
        ("four", False),
        ("five", False),
    ]
    assert [c.span.line for c in module.comments] == [1, 2, 3, 4, 6]


def test_comments_may_stand_anywhere() -> None:
    text = "block A( # a\n  n: int, # b\n) { # c\n  # d\n  conv(n, # e\n  k=3) # f\n  # g\n  -> relu # h\n  # i\n} # j"
    module = _parse(text)
    assert [c.text for c in module.comments] == list("abcdefghij")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "  \n\t\n"])
def test_empty(text: str) -> None:
    assert _parse(text).declarations == ()


def test_nodes_are_values() -> None:
    one, other = declaration("let a = 1"), declaration("let a = 1")
    assert dump(one) == dump(other)
    assert one == one.replaced()
    with pytest.raises(AttributeError):
        one.value = 2  # type: ignore[misc, union-attr]
