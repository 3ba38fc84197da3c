"""Blocks, models and variants: signatures bind and prove, arguments add up, tensors and ports pass through."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import graph, mistakes, nodes


def _call(block: str, call: str, given: str = "[8, 8, 4]", returned: str = "[8, 8, 4]") -> list[str]:
    return mistakes(f"{block}\nmodel M() :: {given} -> {returned} {{ {call} }}")


# --- signatures -------------------------------------------------------------------------------------------------------


def test_dimensions_bind_and_are_values() -> None:
    made = graph(
        "block B() :: [h, w, c] -> [h / 2, w / 2, 2 * c + h] { let n = 2 * c + h\nconv(n, k=3, stride=2) }\n"
        "model M() :: [8, 4, 3] -> [4, 2, 14] { B }"
    )
    assert made["b.conv"].shape == (4, 2, 14)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("[h, w, c] -> [h, w, c]", None),
        ("[s, s, c] -> [s, s, c]", None),
        ("[s, w, s] -> [s, w, s]", "`B` takes [s, w, s], not [8, 8, 4]"),
        ("[h, w, n] -> [h, w, n]", "`B` takes [h, w, n], not [8, 8, 4]"),
        ("[h, w, 4] -> [h, w, 4]", None),
        ("[h, w, 3] -> [h, w, 3]", "`B` takes [h, w, 3], not [8, 8, 4]"),
        ("[h, w, 2 * n] -> [h, w, 6]", "`B` takes [h, w, 2 * n], not [8, 8, 4]"),
        ("[c] -> [c]", "`B` needs a tensor [c], not [8, 8, 4]"),
        ("[..., c] -> [..., c]", None),
        ("[h, ...] -> [h, ...]", None),
        ("[h, ..., c] -> [h, ..., c]", None),
        ("[a, b, ..., c, d] -> [a, b, ..., c, d]", "`B` needs a tensor [a, b, ..., c, d], not [8, 8, 4]"),
        ("[_, _, _] -> [_, _, _]", None),
        ("[?, ?, c] -> [?, ?, c]", None),
        ("[h, w, c] -> [h, w, 2 * c]", "the output of `B` is [8, 8, 4], not [8, 8, 8]"),
        ("[h, w, c] -> [h, c]", "the output of `B` is [8, 8, 4], not [8, 4]"),
        ("[..., c] -> [c, ...]", "the output of `B` is [8, 8, 4], not [4, 8, 8]"),
        ("[h, w, c] -> [h / 3, w, c]", "8 is not divisible by 3"),
        ("[h, w, c] -> [h - 8, w, c]", "a dimension should be a positive int, not 0"),
        ("[h, w, c] -> [x, w, c]", "dimension `x` has no value here"),
        ("[2 * x, w, c] -> [x, w, c]", "dimension `x` has no value here"),
    ],
)
def test_signatures(signature: str, message: str | None) -> None:
    found = _call(f"block B(n: int = 3) :: {signature} {{ id }}", "B")
    found = [text for text in found if not text.endswith("is never used") and not text.startswith("the output of `M`")]
    assert found == ([message] if message else [])


def test_a_constant_of_the_file_is_a_size_and_not_a_name_to_bind() -> None:
    text = "let size = 8\nblock B() :: [size, size, c] -> [size, size, c] { relu }\n"
    assert mistakes(text + "model M() :: [size, size, 3] -> [8, 8, 3] { B }") == []
    assert mistakes(text + "model M() :: [4, 4, 3] -> [8, 8, 3] { B }") == ["`B` takes [size, size, c], not [4, 4, 3]"]


def test_after_a_broken_contract_the_signature_is_trusted() -> None:
    found = _call("block B() :: [h, w, c] -> [h, w, 2 * c] { relu }", "B -> conv(4, k=1, groups=8)")
    assert found == [
        "the output of `B` is [8, 8, 4], not [8, 8, 8]",
        "groups of `conv`, 8, does not divide the filters, 4",
    ]


# --- sizes known when the model runs ----------------------------------------------------------------------------------


def test_named_sizes_are_proved_for_all_of_them() -> None:
    text = """
    block Down() :: [h, w, c] -> [h / 2, w / 2, 2 * c] { conv(2 * c, k=3, stride=2, pad=1) }
    block Up() :: [h, w, c] -> [2 * h, 2 * w, c] { upsample(2) }
    model M() :: [h, w, 3] -> [h, w, 12] { Down -> Down :: [h / 4, w / 4, 12] -> Up -> Up }
    """
    made = graph(text)
    assert [str(d) for d in made["down_1.conv"].shape] == ["h/4", "w/4", "12"]
    assert [str(d) for d in made.outputs[0].shape] == ["h", "w", "12"]


@pytest.mark.parametrize(
    ("body", "returned"),
    [
        ("flatten_spatial", "[h * w, 4]"),
        ("pad(1)", "[h + 2, w + 2, 4]"),
        ("crop(1) -> pad(1)", "[h, w, 4]"),
        ("max_pool(2)", "[h / 2, w / 2, 4]"),
        ("space_to_depth(2) -> depth_to_space(2)", "[h, w, 4]"),
        ("global_avg_pool", "[4]"),
        ("concat { id, relu }", "[h, w, 8]"),
        ("if h == h and w != h { relu }", "[h, w, 4]"),
    ],
)
def test_arithmetic_with_sizes(body: str, returned: str) -> None:
    assert mistakes(f"model M() :: [h, w, 4] -> {returned} {{ {body} }}") in ([], ["name `h` is not defined"])


def test_unknown_sizes_differ_from_each_other() -> None:
    assert mistakes("block B() :: [n, n, c] -> [n, n, c] { relu }\nmodel M() :: [?, ?, 3] -> [?, ?, 3] { B }") == [
        "`B` takes [n, n, c], not [?1, ?2, 3]"
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("repeat h { relu }", "how often to repeat should be an int of 0 or more, not the run-time size `h`"),
        ("if h > 3 { relu }", "this comparison needs a number, and `h` is known only when the model runs"),
        ("if h == 3 { relu }", "this comparison needs a number, and `h` is known only when the model runs"),
        ("conv(h, k=1)", "`filters` of `conv` should be a positive int, not the run-time size `h`"),
        ("conv(max(h, 3), k=1)", "`max` takes a number, not the run-time size `h`"),
    ],
)
def test_decisions_need_numbers(body: str, message: str) -> None:
    block = f"block B() :: [h, _, _] -> [_, _, _] {{ {body} }}"
    assert mistakes(f"{block}\nmodel M() :: [h, w, 4] -> [h, w, 4] {{ B }}") == [message]


# --- models and variants ----------------------------------------------------------------------------------------------

FAMILY = """
model Net(depths: list[int], width: int = 4, act: op = relu) :: [8] -> [width] {
  about { paper = "x", year = 2015 }
  for d in depths { repeat d { dense(width) -> act } }
}
model Small = Net([1, 1]) about { year = 2016 }
model Wide  = Small(width=16)
model Gelu  = Wide(act=gelu)
model Deep  = Gelu(depths=[3])
"""


def test_variants_of_variants() -> None:
    assert [n.op.units for n in graph(FAMILY, "Wide") if "dense" in n.path] == [16, 16]  # type: ignore[attr-defined]
    deep = graph(FAMILY, "Deep")
    assert list(nodes(deep)) == ["dense.0.0", "act.0.0", "dense.0.1", "act.0.1", "dense.0.2", "act.0.2"]
    assert (deep.name, deep.outputs[0].shape) == ("Deep", (16,))


def test_facts_of_a_variant_win() -> None:
    assert dict(graph(FAMILY, "Small").about) == {"paper": "x", "year": 2016}
    assert dict(graph(FAMILY, "Net", depths=[1]).about) == {"paper": "x", "year": 2015}


def test_parameters_from_outside() -> None:
    made = graph(FAMILY, "Small", width=2, depths=[1])
    assert nodes(made) == {"dense.0.0": "input", "act.0.0": "dense.0.0"}
    assert made.outputs[0].shape == (2,)


def test_a_model_is_a_block_too() -> None:
    made = graph(
        """
        model Tower(width: int) :: [8, 8, 3] -> [width] { conv(width, k=3) -> global_avg_pool }
        model Narrow = Tower(4)
        model Siamese() :: (left: [8, 8, 3], right: [8, 8, 3]) -> [4] {
          shared tower = Narrow
          left -> tower -> subtract { id, { right -> tower } }
        }
        """,
        "Siamese",
    )
    assert [(i.path, i.kind, i.block) for i in made.instances if i.kind == "model"] == [
        ("", "model", "Siamese"),
        ("tower", "model", "Narrow"),
        ("subtract.1.tower", "model", "Narrow"),
    ]
    assert made["subtract.1.tower.conv"].layer == "tower.conv"


# --- tensors as arguments ---------------------------------------------------------------------------------------------


def test_a_tensor_is_an_argument() -> None:
    made = graph(
        """
        block Up(filters: int, skip: tensor) :: [h, w, _] -> [2 * h, 2 * w, filters] {
          upsample(2) -> concat(skip) -> conv(filters, k=3)
        }
        model M() :: [8, 8, 3] -> [8, 8, 5] {
          relu as a -> max_pool(2) -> gelu as b -> max_pool(2) -> Up(4, skip=b) -> Up(5, a)
        }
        """
    )
    assert nodes(made)["up.concat"] == "up.upsample b"
    assert nodes(made)["up_1.concat"] == "up_1.upsample a"


def test_lists_of_tensors_and_blocks_that_hold_one_are_arguments() -> None:
    made = graph(
        """
        block Join(others: list[tensor]) :: [..., c] -> [..., _] { concat(...others) }
        block With(other: tensor) :: [..., c] -> [..., c] { add(other) }
        block Twice(unit: op) :: [..., c] -> [..., c] { unit -> relu -> unit }
        model M() :: [8] -> [24] { relu as a -> gelu as b -> Twice(With(a)) -> Join([a, b]) }
        """
    )
    assert nodes(made)["twice.unit.add"] == "b a"
    assert nodes(made)["twice.unit_1.add"] == "twice.relu a"
    assert nodes(made)["join.concat"] == "twice.unit_1.add a b"


# --- ports ------------------------------------------------------------------------------------------------------------

CELL = """
block Cell() :: (a: [h, w, c], b: [h, w, c]) -> (a: [h, w, c], b: [h, w, c]) {
  ports { a: add { id, { b } }
          b: a }
}
"""


def test_a_block_gets_itself_as_an_argument() -> None:
    fractal = "block F(n: int, inner: op) { add { conv(n), { inner(n) -> inner(n) } } }"
    lets = "let two = F(inner=conv)\nlet three = F(inner=two)"
    made = graph(f"{fractal}\n{lets}\nmodel M() :: [8, 8, 4] -> [8, 8, 4] {{ three(4) }}")
    assert [node.op.name for node in made].count("conv") == 1 + 2 * (1 + 2)


def test_a_cell_with_two_states_repeats() -> None:
    made = graph(
        CELL
        + """
        model M() :: (a: [4, 4, 2], b: [4, 4, 2]) -> [4, 4, 4] {
          ports { a: id  b: { b -> relu } } -> repeat 2 { Cell } -> Cell as last -> { last.a -> concat(last.b) }
        }
        """
    )
    assert nodes(made) == {
        "b.relu": "b",
        "cell.0.a.add": "a b.relu",
        "cell.1.a.add": "cell.0.a.add a",
        "last.a.add": "cell.1.a.add cell.0.a.add",
        "concat": "last.a.add cell.1.a.add",
    }


def test_named_outputs() -> None:
    made = graph("model M() :: [8] -> (x: [4], y: [2]) { ports { x: dense(4) as four  y: dense(2) } }")
    assert [(p.name, p.node, p.shape) for p in made.outputs] == [("x", "x.four", (4,)), ("y", "y.dense", (2,))]


def test_one_port_is_like_none() -> None:
    made = graph(
        "block B() :: (a: [n]) -> (b: [n]) { relu -> add(a) }\n"
        "model M() :: (image: [8]) -> (logits: [8]) { B as x -> { x.b } }"
    )
    assert nodes(made) == {"x.relu": "image", "x.add": "x.relu image"}


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ("Cell", "`Cell` needs `a`, `b`, not one tensor"),
        ("ports { a: id  c: id } -> Cell", "`Cell` needs `a`, `b`, not `a`, `c`"),
        ("ports { a: id  b: id } -> relu", "`relu` needs one tensor, not `a`, `b`"),
        ("ports { a: id  b: id } -> id :: [4]", "a shape needs one tensor, not `a`, `b`"),
        ("ports { a: id  b: id } as x -> { x.c }", "`x` has no field `c`"),
        ("ports { a: id  b: id }", "the output of `M` needs one tensor, not `a`, `b`"),
        ("ports { id }", "`ports` needs a label for each, not none"),
    ],
)
def test_ports_that_do_not_fit(flow: str, message: str) -> None:
    assert message in mistakes(f"{CELL}model M() :: [4, 4, 2] -> [4, 4, 2] {{ {flow} }}")
