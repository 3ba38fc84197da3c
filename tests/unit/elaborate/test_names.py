"""Names of places in the compiled model: the documented rule, on which saved weights depend."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import flow, graph, mistakes

RESNET = """
from std.conv import ConvBN, ConvBNAct

block Bottleneck(width: int, stride: int = 1) :: [h, w, c] -> [h / stride, w / stride, 4 * width] {
  let out = 4 * width

  add {
    main: ConvBNAct(width, k=1) as conv1 -> ConvBNAct(width, k=3, stride=stride) as conv2 -> ConvBN(out, k=1) as conv3
    skip: if stride == 1 and c == out { id } else { ConvBN(out, k=1, stride=stride) }
  }
  -> relu
}

block Stage(width: int, depth: int, stride: int = 2) {
  repeat depth as i { Bottleneck(width, stride=stride if i == 0 else 1) as blocks }
}

model Net() :: [32, 32, 3] -> [10] {
  ConvBNAct(64, k=7, stride=2) as stem -> max_pool(3, stride=2)
  -> Stage(64, 2, stride=1) as c2 -> Stage(128, 2) as c3
  -> global_avg_pool -> dense(10) as head
}
"""


def test_the_names_of_the_design() -> None:
    paths = list(graph(RESNET).by_path)
    assert paths[:4] == ["stem.conv", "stem.batch_norm", "stem.act", "max_pool"]
    assert paths[-2:] == ["global_avg_pool", "head"]
    c3 = [path.removeprefix("c3.blocks.0.") for path in paths if path.startswith("c3.blocks.0.")]
    assert c3 == [
        *("main.conv1.conv", "main.conv1.batch_norm", "main.conv1.act"),
        *("main.conv2.conv", "main.conv2.batch_norm", "main.conv2.act"),
        *("main.conv3.conv", "main.conv3.batch_norm"),
        *("skip.conv_bn.conv", "skip.conv_bn.batch_norm"),
        *("add", "relu"),
    ]


def test_an_identity_skip_has_no_node() -> None:
    assert not [path for path in graph(RESNET).by_path if path.startswith("c3.blocks.1.skip")]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("relu", ["relu"]),
        ("relu -> relu -> relu", ["relu", "relu_1", "relu_2"]),
        ("relu as a -> relu -> relu", ["a", "relu", "relu_1"]),
        ("relu -> relu as relu_1 -> relu", ["relu", "relu_1", "relu_2"]),
        ("relu -> relu -> gelu as relu_1", ["relu", "relu_1", "relu_1_1"]),
        ("relu -> gelu as relu", ["relu", "relu_1"]),
        ("relu as input -> gelu", ["input_1", "gelu"]),
        # what names stand for
        ("let act = relu\nact -> act(act) as b" if False else "let act = relu\nact -> act", ["act", "act_1"]),
        ("let row = table { act\n relu }\nrow[0].act -> { row[0].act }", ["act", "act_1"]),
        ("let acts = [relu, gelu]\nacts[1] -> acts[0]", ["acts", "acts_1"]),
        ("shared f = dense(8)\nf -> relu -> f", ["f", "relu", "f_1"]),
        # starts from tensors, and `id`, have no names
        ("id as x -> { x -> relu } as y -> add { x: x -> relu\n y: id }", ["y.relu", "x.relu", "add"]),
        ("ports { a: relu\n b: id } as p -> { p.a -> gelu as a }", ["p.a.relu", "a"]),
        # joins
        ("add { relu, gelu }", ["add.0.relu", "add.1.gelu", "add"]),
        (
            "add { id, add { relu, relu -> relu } } -> add { relu, id }",
            ["add.1.add.0.relu", "add.1.add.1.relu", "add.1.add.1.relu_1", "add.1.add", "add", "add_1.0.relu", "add_1"],
        ),
        ("add { a: relu  b: relu }", ["a.relu", "b.relu", "add"]),
        ("add { a: relu  b: id } -> add { a: relu  b: id }", ["a.relu", "add", "a_1.relu", "add_1"]),
        ("add { a: relu  b: relu } as joined", ["joined.a.relu", "joined.b.relu", "joined.add"]),
        ("add { relu, id } as joined", ["joined.add.0.relu", "joined.add"]),
        # nested flows and conditions
        ("{ relu -> gelu } as part -> relu", ["part.relu", "part.gelu", "relu"]),
        ("{ relu -> gelu } -> relu", ["relu", "gelu", "relu_1"]),
        ("if true { relu } as chosen", ["chosen.relu"]),
        ("if false { relu } else { relu } -> relu", ["relu_1", "relu_2"]),
        ("{ relu as inner } as outer", ["outer.inner"]),
        ("{ relu } as inner as outer", ["inner.relu"]),
        ("relu as a :: [...] as b", ["a"]),
        # residuals
        ("residual { relu } -> residual(drop=0.1) { relu }", ["relu", "add", "relu_1", "drop_path_1", "add_1"]),
        ("residual { relu } as part", ["part.relu", "part.add"]),
        ("residual(when=false) { relu } -> residual { relu }", ["relu", "relu_1", "add_1"]),
        ("let r = residual\nr(drop=0.1) { relu }", ["r.0.relu", "r.drop_path", "r"]),
        # rounds
        ("repeat 1 { relu }", ["relu.0"]),
        ("repeat 0 { relu } -> relu", ["relu_1"]),
        ("repeat 2 { relu -> relu }", ["relu.0", "relu_1.0", "relu.1", "relu_1.1"]),
        ("repeat 2 { relu } as part", ["part.0.relu", "part.1.relu"]),
        ("repeat 2 { { relu -> gelu } as part }", ["part.0.relu", "part.0.gelu", "part.1.relu", "part.1.gelu"]),
        ("for i in [1, 2] { relu as act }", ["act.0", "act.1"]),
        ("repeat 2 { repeat 2 { relu } }", ["relu.0.0", "relu.0.1", "relu.1.0", "relu.1.1"]),
        ("repeat 1 { repeat 2 { relu } as a } as b", ["b.0.a.0.relu", "b.0.a.1.relu"]),
        ("repeat 1 { repeat 2 { relu } as a }", ["a.0.0.relu", "a.0.1.relu"]),
        ("repeat 1 { repeat 2 { relu as a } } as b", ["b.0.a.0", "b.0.a.1"]),
        ("repeat 2 { add { relu, id } }", ["add.0.0.relu", "add.0", "add.1.0.relu", "add.1"]),
        ("repeat 1 { add { a: relu  b: id } }", ["a.0.relu", "add.0"]),
        (
            "repeat 2 { residual(drop=0.1) { relu } }",
            ["relu.0", "drop_path.0", "add.0", "relu.1", "drop_path.1", "add.1"],
        ),
    ],
)
def test_names_of_steps(body: str, paths: list[str]) -> None:
    assert list(flow(body, "[8]").by_path) == paths


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("One -> Two", ["one.relu", "two.gelu"]),
        ("One -> One -> Two", ["one.relu", "one_1.relu", "two.gelu"]),
        ("One -> One as last", ["one.relu", "last.relu"]),
        ("repeat 2 { One }", ["one.0.relu", "one.1.relu"]),
        ("repeat 2 { One as ones }", ["ones.0.relu", "ones.1.relu"]),
        ("repeat 2 { One } as ones", ["ones.0.one.relu", "ones.1.one.relu"]),
        ("add { One, Two }", ["add.0.one.relu", "add.1.two.gelu", "add"]),
        ("ABTest2Net", ["ab_test2_net.relu"]),
        ("Other -> One", ["other.relu", "one.relu"]),
        ("With(gelu) -> With(One)", ["with.unit", "with_1.unit.relu"]),
        ("Hidden(id, relu) -> Hidden(gelu, relu)", ["hidden.unit", "hidden_1.id", "hidden_1.unit"]),
    ],
)
def test_names_of_blocks(body: str, paths: list[str]) -> None:
    blocks = """
        from std.conv import ConvBN
        block One() { relu }
        block Two() { gelu }
        block ABTest2Net() { relu }
        let Other = One
        block With(unit: op) { unit }
        block Hidden(id: op, unit: op) { id -> unit }
    """
    made = graph(f"{blocks}\nmodel M() :: [8] -> [8] {{ {body} }}")
    assert list(made.by_path) == paths


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("repeat 1 { Unit }", "repeat 2 { Unit }"),
        ("repeat 1 { Unit as b }", "repeat 3 { Unit as b }"),
        ("repeat 1 { Unit } as stage", "repeat 2 { Unit } as stage"),
        ("for i in [1] { relu }", "for i in [1, 2] { relu }"),
        ("Unit -> relu", "Unit -> relu -> Unit -> relu"),
        ("Unit as a -> relu", "Unit as a -> relu -> Unit -> gelu as relu"),
        ("add { relu, Unit } -> relu", "add { relu, Unit, relu } -> relu"),
        ("add { a: relu  b: id } -> gelu", "add { a: relu  b: relu  c: relu } -> gelu"),
        ("if false { relu -> Unit } -> Unit -> relu", "if true { relu -> Unit } -> Unit -> relu"),
        (
            "residual { Unit } -> residual { Unit }",
            "residual(drop=0.2) { Unit -> gelu } -> residual(drop=0.2) { Unit }",
        ),
        ("{ Unit -> relu } -> tanh", "{ Unit -> relu -> Unit } -> tanh"),
    ],
)
def test_what_grows_renames_nothing(before: str, after: str) -> None:
    spec = "block Unit() :: [n] -> [n] { dense(n) -> relu }\nmodel M() :: [8] -> [8] { BODY }"
    one, two = ({node.path for node in graph(spec.replace("BODY", body))} for body in (before, after))
    assert one < two


def test_another_op_in_a_place_has_its_name() -> None:
    spec = "block B(act: op) { dense(8) -> act }\nlet norm = NORM\nmodel M() :: [8] -> [8] { norm -> B(ACT) }"
    names = [
        list(graph(spec.replace("NORM", norm).replace("ACT", act)).by_path)
        for norm, act in (("batch_norm", "relu"), ("layer_norm", "gelu"))
    ]
    assert names == [["norm", "b.dense", "b.act"]] * 2


def test_an_alias_of_an_import_is_a_word_like_others() -> None:
    made = graph(
        "from std.conv import ConvBN as Project\nmodel M() :: [8, 8, 3] -> [8, 8, 3] { Project(3) -> Project(3) }"
    )
    assert list(made.by_path)[::2] == ["project.conv", "project_1.conv"]


def test_what_a_name_means_depends_on_no_condition() -> None:
    """`relu` after the `if` would be the tap or the op."""
    for taken in ("true", "false"):
        spec = f"model M() :: [8] -> [8] {{ if {taken} {{ gelu as relu }} -> {{ relu -> tanh }} }}"
        assert mistakes(spec) == ["`relu` could be the tap or the op"]


def test_an_input_of_a_check_may_be_called_as_a_step() -> None:
    spec = "block B() :: [n] -> [n] { dense(n) as x -> relu }\ncheck B() :: (x: [3]) -> [3], params == 12"
    assert mistakes(spec) == []


def test_who_gave_a_name_is_known() -> None:
    """Names that repeat what is called say nothing, whoever wrote them."""
    made = graph(
        """
        block Down(act: op) { dense(8) -> act }
        model M() :: [8] -> [8] { shared head = dense(8)
                                  Down(relu) as down -> Down(relu) as other -> { head -> relu } as part
                                  -> dense(8) as last }
        """
    )
    named = {i.path for i in made.instances if i.named} | {node.path for node in made if node.named}
    assert named == {"other", "part", "part.head", "last"}


def test_instances_show_calls() -> None:
    made = graph(RESNET)
    calls = {i.path: str(i.call) for i in made.instances}
    assert calls["c3"] == "Stage(128, depth=2)"
    assert calls["c3.blocks.0"] == "Bottleneck(128, stride=2)"
    assert calls["c3.blocks.0.main"] == ""
    assert calls["c3.blocks.0.main.conv2"] == "ConvBNAct(128, stride=2)"


def test_calls_show_the_first_parameter_bare_and_what_a_variant_sets_not_at_all() -> None:
    made = graph(
        """
        block Unit(filters: int, k: int, scale: float) { conv(filters, k=k) }
        model Net(width: int, depth: int = 1) :: [8, 8, 3] -> [8, 8, width] { Unit(k=3, scale=2, filters=width) }
        model Small = Net(8)
        """,
        "Small",
        depth=2,
    )
    assert [str(i.call) for i in made.instances] == ["Small(2)", "Unit(8, k=3, scale=2)"]


def test_calls_leave_out_what_equals_a_default() -> None:
    made = graph(
        """
        block Norm(eps: float = 1e-5, norm: op = batch_norm(eps=eps)) { norm }
        block Unit(n: int, k: int = 3, norm: op = batch_norm, drop: float = 0.0, half: int = n / 2) {
          conv(n, k=k) -> Norm(norm=norm) -> dropout(drop) -> dense(half)
        }
        model Net(k: int = 3) :: [8, 8, 3] -> [8, 8, 5] {
          Unit(8, k=k, norm=batch_norm(eps=1e-5), drop=0, half=4)
          -> Unit(10, k=5, norm=batch_norm(eps=1e-3), half=5)
        }
        model Small = Net(k=5)
        """,
        "Small",
        k=3,
    )
    calls = [
        "Small(k=3)",
        "Unit(8)",
        "Norm",
        "Unit(10, k=5, norm=batch_norm(eps=0.001))",
        "Norm(norm=batch_norm(eps=0.001))",
    ]
    assert [str(i.call) for i in made.instances] == calls
