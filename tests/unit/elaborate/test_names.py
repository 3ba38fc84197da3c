"""Names of places in the compiled model: the documented rule, on which saved weights depend."""

from __future__ import annotations

import pytest

from tests.unit.elaborate.specs import flow, graph

RESNET = """
from std.conv import ConvBN, ConvBNAct

block Bottleneck(width: int, stride: int = 1) :: [h, w, c] -> [h / stride, w / stride, 4 * width] {
  let out = 4 * width

  add {
    main: ConvBNAct(width, k=1) -> ConvBNAct(width, k=3, stride=stride) -> ConvBN(out, k=1)
    skip: if stride == 1 and c == out { id } else { ConvBN(out, k=1, stride=stride) }
  }
  -> relu
}

block Stage(width: int, depth: int, stride: int = 2) {
  Bottleneck(width, stride=stride) -> repeat depth - 1 { Bottleneck(width) }
}

model Net() :: [32, 32, 3] -> [10] {
  ConvBNAct(64, k=7, stride=2) as stem -> max_pool(3, stride=2)
  -> Stage(64, 2, stride=1) as c2 -> Stage(128, 2) as c3
  -> global_avg_pool -> dense(10) as head
}
"""


def test_the_names_of_the_design() -> None:
    paths = list(graph(RESNET).by_path)
    assert paths[:4] == ["stem.conv", "stem.batch_norm", "stem.relu", "max_pool"]
    assert paths[-2:] == ["global_avg_pool", "head"]
    c3 = [path.removeprefix("c3.0.") for path in paths if path.startswith("c3.0.")]
    assert c3 == [
        *("main.0.conv", "main.0.batch_norm", "main.0.relu"),
        *("main.1.conv", "main.1.batch_norm", "main.1.relu"),
        *("main.conv_bn.conv", "main.conv_bn.batch_norm"),
        *("skip.conv_bn.conv", "skip.conv_bn.batch_norm"),
        *("add", "relu"),
    ]


def test_an_identity_skip_has_no_node() -> None:
    assert not [path for path in graph(RESNET).by_path if path.startswith("c3.1.skip")]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("relu", ["relu"]),
        ("relu -> relu", ["relu_0", "relu_1"]),
        ("relu as a -> relu -> relu", ["a", "relu_0", "relu_1"]),
        ("relu -> relu as relu_0 -> relu", ["relu_0_", "relu_0", "relu_1"]),
        ("add { relu, gelu }", ["relu", "gelu", "add"]),
        ("add { a: relu  b: relu }", ["a.relu", "b.relu", "add"]),
        ("add { a: relu  b: relu } as joined", ["joined.a.relu", "joined.b.relu", "joined.add"]),
        ("{ relu -> gelu } as part -> relu", ["part.relu", "part.gelu", "relu"]),
        ("repeat 2 { relu } as part", ["part.relu_0", "part.relu_1"]),
        ("repeat 2 { { relu -> gelu } as part }", ["part_0.relu", "part_0.gelu", "part_1.relu", "part_1.gelu"]),
        ("for i in [1, 2] { relu as act }", ["act_0", "act_1"]),
        ("residual { relu }", ["relu", "add"]),
        ("residual { relu } as part", ["part.relu", "part.add"]),
        ("if true { relu } as chosen", ["chosen.relu"]),
        ("relu as input -> gelu", ["input_", "gelu"]),
        ("relu -> gelu as relu", ["relu_", "relu"]),
    ],
)
def test_names_of_steps(body: str, paths: list[str]) -> None:
    assert list(flow(body).by_path) == paths


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("One -> Two", ["one.relu", "two.gelu"]),
        ("One -> One", ["0.relu", "1.relu"]),
        ("One -> One -> Two", ["0.relu", "1.relu", "two.gelu"]),
        ("One -> Two -> One -> Two", ["one_0.relu", "two_0.gelu", "one_1.relu", "two_1.gelu"]),
        ("One -> One as last", ["one.relu", "last.relu"]),
        ("One -> relu -> One", ["0.relu", "relu", "1.relu"]),
        ("ABTest2Net", ["ab_test2_net.relu"]),
    ],
)
def test_names_of_blocks(body: str, paths: list[str]) -> None:
    blocks = "block One() { relu }\nblock Two() { gelu }\nblock ABTest2Net() { relu }\n"
    made = graph(f"{blocks}model M() :: [8] -> [8] {{ {body} }}")
    assert list(made.by_path) == paths


def test_a_name_does_not_depend_on_what_comes_later() -> None:
    """Inserting a step of another kind renames no other."""
    before = list(flow("conv(8, k=3) as a -> relu -> add { main: gelu -> relu  skip: id }").by_path)
    after = list(flow("conv(8, k=3) as a -> relu -> silu -> add { main: tanh -> gelu -> relu  skip: id }").by_path)
    assert set(before) <= set(after)


def test_instances_show_calls() -> None:
    made = graph(RESNET)
    calls = {i.path: i.call for i in made.instances}
    assert calls["c3"] == "Stage(128, depth=2)"
    assert calls["c3.0"] == "Bottleneck(128, stride=2)"
    assert calls["c3.0.main"] == ""
    assert calls["c3.0.main.1"] == "ConvBNAct(128, k=3, stride=2)"


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
    assert [i.call for i in made.instances] == ["Small(2)", "Unit(8, k=3, scale=2)"]
