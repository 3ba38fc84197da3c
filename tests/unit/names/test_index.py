"""What names mean: every use is bound to its definition, or to none."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest

from archdsl.limits import DEFAULT
from archdsl.names import Definition, Index, Names
from archdsl.names.references import at
from archdsl.source import SourceFile
from archdsl.syntax.parser import parse

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("specs/*.arch"), *ROOT.glob("archdsl/std/**/*.arch")])


def index(text: str) -> Index:
    module, problems = parse(SourceFile("<text>", text), DEFAULT)
    assert not problems
    return Index(module)


def block(body: str, before: str = "") -> Names:
    """The names in a block with a parameter `n` and the dimensions `h w c`."""
    made = index(f"{before}\nblock B(n: int) :: [h, w, c] -> [h, w, c] {{\n{body}\n}}")
    return made.names(made.module.declarations[-1])


def bound(names: Names) -> list[str]:
    """What the names in a body mean, in order, each with its kind."""
    body = names.declaration.body.span  # type: ignore[union-attr]
    return [f"{u.name.id}: {u.definition.kind if u.definition else None}" for u in names.used_in(body)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_name_of_the_bundled_specs_means_one_thing(file: Path) -> None:
    made = index(file.read_text(encoding="utf-8"))
    used = [use for names in made.all() for use in names.uses]
    assert used
    assert [use for use in used if use.definition is None] == []
    assert [problem for names in made.all() for problem in (*names.ambiguous, *names.repeated)] == []


def test_kinds() -> None:
    body = "conv(n, init=zeros) as x -> for i in range(n) { dense(c) -> add(x) } -> id -> H()"
    assert bound(block(body, "fn H() = relu")) == [
        "conv: op", "n: parameter", "zeros: initialiser", "range: built-in", "n: parameter", "dense: op",
        "c: dimension", "add: op", "x: tap", "id: keyword", "H: function",
    ]  # fmt: skip


def test_a_name_is_known_from_its_definition_on() -> None:
    assert bound(block("relu -> add(x) -> conv(8) as x -> { x -> relu }")) == [
        "relu: op", "add: op", "x: None", "conv: op", "x: tap", "relu: op",
    ]  # fmt: skip


def test_lets_and_variables_end_with_their_body_and_taps_do_not() -> None:
    names = block("if n > 1 { let k = 3\nconv(k) as x } -> for i in [1] { conv(i) as y } -> add(x, ...y) -> conv(k, i)")
    assert bound(names)[-4:] == ["y: tap", "conv: op", "k: None", "i: None"]


def test_a_number_hides_no_op_where_a_step_is_meant() -> None:
    made = index(
        "block B(dropout: float, pad: int | str, scale: op) :: [h, w, mul] -> [h, w, 8] {\nlet softmax = 3\n"
        "for conv in [8, 16] { conv(conv) } -> dropout(dropout) -> pad(pad) -> scale -> mul(mul) -> softmax\n}"
    )
    names = made.names(made.module.declarations[0])
    assert bound(names) == [
        "conv: op", "conv: variable", "dropout: op", "dropout: parameter", "pad: op", "pad: parameter",
        "scale: parameter", "mul: op", "mul: dimension", "softmax: op",
    ]  # fmt: skip


def test_a_tap_of_both_sides_is_one_definition() -> None:
    names = block("if n > 1 { conv(1) as x } else { conv(2) as x } -> add(x)")
    (tap,) = names.definitions[-1:]
    assert [place.span.text for place in tap.places] == ["x", "x"]
    assert names.uses[-1].definition is tap
    assert names.repeated == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("conv(1) as x -> conv(2) as x", "x"),
        ("conv(1) as n", "n"),
        ("let h = 3\nconv(h)", "h"),
        ("repeat 2 { conv(1) as x } -> repeat 2 { conv(1) as x }", "x"),
        ("conv(1) as x -> if n > 1 { conv(2) as x }", "x"),
    ],
)
def test_names_that_are_given_twice(body: str, name: str) -> None:
    (repeated,) = block(body).repeated
    assert repeated.name.id == name
    assert repeated.first.name == name


@pytest.mark.parametrize(
    ("body", "ambiguous"),
    [
        ("conv(c) as relu -> gelu -> residual { relu -> conv(c) }", True),
        ("conv(c) as relu -> gelu -> relu", True),
        ("conv(c) as norm -> norm(eps=1)", True),
        ("conv(c) as sub -> sub", True),
        ("conv(c) as sub -> add(sub)", False),  # an op cannot be added
        ("conv(c) as gate -> mul(gate)", False),
        ("conv(c) as gate -> { gate -> relu }", True),  # a `let` of the file may be anything
        ("conv(c) as relu -> add(relu)", False),
        ("ports { a: id  b: id } as relu -> add(relu.a, relu.b)", False),
        ("repeat 2 { conv(c) as relu } -> add(...relu)", False),
        ("repeat 2 { conv(c) as relu } -> { relu[0] -> conv(c) }", False),
        ("conv(c) as relu -> Sub(relu)", True),
        ("conv(c) as len -> { len -> relu }", False),  # a built-in function is no step
        ("conv(c) as sum -> { sum -> relu }", True),  # which is an op, too
        ("conv(c) as sum -> add(sum)", False),
        ("let sum = sum([1, 2])\nconv(sum)", False),  # a call of a function is no step
        ("relu -> conv(c) as relu", False),  # the tap is not there yet
        ("let dropout = 0.1\ndropout(dropout)", False),  # a number hides no step
        ("let dropout = max(0.1, 0.2)\ndropout(dropout)", False),
        ("let dropout = n\ndropout(dropout)", False),
        ("let dropout = [0.1, 0.2]\nid -> conv(dropout[0])", False),
        ("let act = relu if n > 1 else gelu\nact", False),
        ("let gelu = relu if n > 1 else gelu\ngelu", True),
        ("let gate = 3\nconv(gate)", True),
        ("shared conv = dense(c)\nconv", True),
    ],
)
def test_names_that_could_mean_two_things(body: str, ambiguous: bool) -> None:
    before = "let norm = batch_norm\nlet gate = 4\nblock Sub(x: op) { x }\nfn sub(x: int) = x"
    found = block(body, before)
    assert bool(found.ambiguous) is ambiguous
    assert all(use.definition and use.definition.hides for use in found.ambiguous)


def test_an_import_means_what_the_other_file_declares() -> None:
    library, user = index("let size = 3\nblock Sub() { relu }"), index('from "a" import Sub as S, size\nlet n = size')
    imported = [user.declared["S"].node, user.declared["size"].node]
    assert [user.link(node, library) for node in imported] == [library.declared["Sub"], library.declared["size"]]
    assert user.declared["S"].origin.kind == "block"
    (use,) = user.names(user.module.declarations[-1]).uses
    assert use.definition is not None
    assert use.definition.origin is library.declared["size"]


def test_a_dimension_may_be_a_constant_of_the_file() -> None:
    made = index("let width = 8\nblock Wide() :: [h, width] -> [h, 2 * width] { dense(2 * width) }")
    found = made.names(made.module.declarations[-1])
    assert [d.name for d in found.definitions] == ["h"]
    assert {use.definition for use in found.uses if use.name.id == "width"} == {made.declared["width"]}


def test_unused_definitions() -> None:
    made = index(
        "from std.conv import ConvBN\nblock B(k: int, s: int) :: [h, w, c] -> [h, w, c] { let a = k\nlet b = 1\nid }"
    )
    assert [repr(found) for found in made.unused()] == ["parameter `s`", "let `a`", "let `b`", "import `ConvBN`"]


def test_the_time_grows_with_the_text() -> None:
    def seconds(steps: int) -> float:
        flow = " -> ".join(f"conv({i}) as t{i} -> add(t{i})" for i in range(steps))
        module, _ = parse(SourceFile("<text>", f"block B() {{ {flow} }}"), DEFAULT)
        taken = []
        gc.disable()  # as the compiler does
        for _ in range(3):
            start = time.process_time()
            Index(module).names(module.declarations[0])
            taken.append(time.process_time() - start)
        gc.enable()
        return min(taken)

    assert seconds(1600) < 16 * seconds(200) + 0.02


def test_what_is_visible_at_a_place() -> None:
    text = (
        "block B(n: int) :: [h, w, c] -> [h, w, c] { let k = 3\nconv(k) as x -> for i in [1] { conv(i) as y } -> relu }"
    )
    made = index(text)
    names = made.names(made.module.declarations[0])
    assert [found.name for found in names.visible(text.index("conv(i)"))] == ["i", "x", "k", "c", "w", "h", "n"]
    assert [found.name for found in names.visible(text.index("relu"))] == ["y", "x", "k", "c", "w", "h", "n"]


def test_variables_that_hide_names_of_their_block() -> None:
    hiding = block("for c in [8, 16] { conv(c) } -> for _ in [1] { for _ in [2] { relu } } -> for i in [n] { conv(i) }")
    assert [(name.id, first.kind) for name, first in hiding.shadowed] == [("c", "dimension")]
    assert [
        name.id for name, _ in block("let k = [x for x in [1, 2]]\nconv(8) as x -> conv(len([x for x in k]))").shadowed
    ] == ["x"]


def test_deep_nesting_needs_no_stack() -> None:
    depth = 20_000
    module, problems = parse(SourceFile("<text>", f"let a = {'not ' * depth}b"), DEFAULT)
    found: list[Definition | None] = [use.definition for names in Index(module).all() for use in names.uses]
    assert problems or found == [None]


def test_broken_files_have_names_too() -> None:
    """Cases of the error tests, and a spec that is cut anywhere: what stands before and behind a mistake is bound."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("tests/cases/errors/*.arch"))]
    whole = (ROOT / "specs" / "ablation.arch").read_text(encoding="utf-8")
    texts += [whole[:end] for end in range(0, len(whole), 211)]
    for text in texts:
        made = Index(parse(SourceFile("<text>", text), DEFAULT)[0])
        assert all(found.name for found in made.unused())
        for names in made.all():
            for use in names.uses:
                assert use.name.span.text == use.name.id
                assert names.meant(use.name) is use.definition
                assert use.definition is None or use.definition.name == use.name.id
                assert use.definition is None or at(made, use.name.span.start) is use.definition.origin


def test_words_of_what_could_not_be_read_may_mean_anything() -> None:
    module, problems = parse(SourceFile("<text>", "block B() { conv(8) -> ) as x -> add(x, y) }"), DEFAULT)
    assert problems
    assert "x: None" not in bound(Index(module).names(module.declarations[0]))
