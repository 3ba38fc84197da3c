"""Ports that take a list of tensors: ``maps: ...[h, w, c]``."""

from __future__ import annotations

import pytest

from archdsl.passes.cost import cost
from tests.unit.elaborate.specs import graph, mistakes

HRNET = """
from std.conv import ConvBN, ConvBNAct
from std.residual import BasicBlock, Bottleneck

block Half(width: int, act: op = relu) :: [h, w, _] -> [h / 2, w / 2, width] {
  ConvBNAct(width, stride=2, pad=1, act=act)
}

block Fuse(i: int, width: int, maps: list[tensor]) :: [...] -> [_, _, width] {
  add {
    ...for j, map in enumerate(maps) {
      map
      -> if j < i {
        repeat i - j - 1 { Half(2 ** j * width / 2 ** i) } -> Half(width, act=id)
      } else if j > i {
        ConvBN(width, k=1) -> upsample(2 ** (j - i))
      }
    }
  }
  -> relu
}

block Exchange() :: (maps: ...[h, w, c]) -> (maps: ...[h, w, c]) {
  for map, width in zip(maps, c) { map -> repeat 4 { BasicBlock(width) } as y }
  -> ports { maps: ...for i, width in enumerate(c) { Fuse(i, width, maps=y) } }
}

## One map more, half as large as the last.
block Widen() :: (maps: ...[h, w, c]) -> (maps: ...[_, _, _]) {
  maps[-1] -> Half(2 * c[-1]) as added
  -> ports { maps: ...[...maps, added] }
}

block Head() :: (maps: ...[h, w, _]) -> [h[-1], w[-1], 2048] {
  maps[0] -> Bottleneck(32)
  -> for i, map in enumerate(maps[1:]) {
    add { { map -> Bottleneck(64 * 2 ** i) }, ConvBiasBNAct(256 * 2 ** i, stride=2) }
  }
  -> ConvBiasBNAct(2048, k=1)
}

block ConvBiasBNAct(filters: int, k: int = 3, stride: int = 1) :: [h, w, _] -> [h / stride, w / stride, filters] {
  conv(filters, k=k, stride=stride, pad=k // 2) -> batch_norm -> relu
}

model HRNet(n: int = 18, size: int = 224, classes: int = 1000) :: [size, size, 3] -> [classes] {
  { repeat 2 { Half(64) } -> repeat 4 { Bottleneck(64) } } as stem
  -> ports { maps: ...for i in range(2) { if i == 0 { ConvBNAct(n) } else { Half(2 * n) } } }
  -> Exchange
  -> Widen -> repeat 4 { Exchange }
  -> Widen -> repeat 3 { Exchange }
  -> Head -> global_avg_pool -> dense(classes)
}
"""

BLOCKS = """
block Double() :: (maps: ...[h, w, c]) -> (maps: ...[2 * h, 2 * w, c]) {
  ports { maps: ...for map in maps { map -> upsample(2) } }
}
block Width(widths: list[int]) :: (maps: ...[h, w, _]) -> (maps: ...[h, w, widths]) {
  ports { maps: ...for map, width in zip(maps, widths) { map -> conv(width, k=1) } }
}
block Beside() :: (x: [h, w, c], maps: ...[h, w, k]) -> (maps: ...[h, w, c + k]) {
  ports { maps: ...for map in maps { map -> concat(x) } }
}
block Flip() :: (maps: ...[h, w, c]) -> (maps: ...[h, w, c]) { ports { maps: ...reversed(maps) } }
block Two() :: (maps: [[h, w, c], [h / 2, w / 2, c]]) -> (maps: [[h, w, c], [h, w, c]]) {
  ports { maps: ...maps } as m -> { m.maps[1] -> upsample(2) } as large -> ports { maps: ...[maps[0], large] }
}
"""


def test_hrnet_has_one_block_for_any_number_of_maps() -> None:
    """The figures are those of timm's HRNet-W18, which counts as it has a block for each number of maps."""
    made = graph(HRNET)
    total = cost(made)
    assert (total.params, total.trainable, total.macs) == (21_350_220, 21_299_004, 4_283_537_072)
    assert sum(instance.block == "Exchange" for instance in made.instances) == 8
    assert {len(i.block) for i in made.instances if i.block.startswith("Exchange")} == {len("Exchange")}


@pytest.mark.parametrize(
    "check",
    [
        "Double() :: (maps: [[4, 4, 2], [2, 3, 5], [1, 1, 1]]) -> (maps: [[8, 8, 2], [4, 6, 5], [2, 2, 1]])",
        "Double() :: (maps: [[4, 4, 2]]) -> (maps: ...[8, 8, 2])",
        "Double() :: (maps: [[h, w, 2], [h, 4, 1]]) -> (maps: [[2 * h, 2 * w, 2], [2 * h, 8, 1]])",
        "Width([7, 9]) :: (maps: [[4, 4, 2], [2, 2, 5]]) -> (maps: [[4, 4, 7], [2, 2, 9]])",
        "Beside() :: (x: [4, 4, 3], maps: [[4, 4, 1], [4, 4, 2]]) -> (maps: [[4, 4, 4], [4, 4, 5]])",
        "Two() :: (maps: [[4, 4, 3], [2, 2, 3]]) -> (maps: [[4, 4, 3], [4, 4, 3]])",
    ],
)
def test_lists_are_proved_tensor_by_tensor(check: str) -> None:
    assert mistakes(f"{BLOCKS}\ncheck {check}") == []


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (
            "Flip() :: (maps: [[4, 4, 1], [4, 4, 2]]) -> (maps: [[4, 4, 2], [4, 4, 1]])",
            "output `maps.0` of `Flip` is [4, 4, 2], not [4, 4, 1]",
        ),
        (
            "Beside() :: (x: [4, 4, 3], maps: [[4, 4, 1], [4, 5, 2]]) -> (maps: ...[_, _, _])",
            "`Beside` takes [h, w, k], not [4, 5, 2]",
        ),
        (
            "Width([7]) :: (maps: [[4, 4, 2], [2, 2, 5]]) -> (maps: ...[_, _, _])",
            "`maps` needs as many elements in `widths` as in `h`, 2, not 1",
        ),
        ("Two() :: (maps: [[4, 4, 3]]) -> (maps: ...[_, _, _])", "`Two` needs `maps` of 2, not `maps` of 1"),
        (
            "Two() :: (maps: [[4, 4, 3], [4, 4, 3]]) -> (maps: ...[_, _, _])",
            "`Two` takes [h / 2, w / 2, c], not [4, 4, 3]",
        ),
    ],
)
def test_what_does_not_fit(check: str, message: str) -> None:
    assert message in mistakes(f"{BLOCKS}\ncheck {check}")


def test_models_list_what_goes_in_and_out() -> None:
    made = graph(
        f"""{BLOCKS}
        model Net(n: int = 4)
            :: (maps: [[8, 8, n], [4, 4, n]], x: [2, 2, 1]) -> (maps: [[16, 16, n], [8, 8, n]], y: [2, 2, 1]) {{
          ports {{ maps: ...maps }} -> Double as d -> ports {{ maps: ...d.maps  y: x -> relu }}
        }}
        """
    )
    assert [(port.name, port.shape) for port in made.inputs] == [
        ("maps.0", (8, 8, 4)),
        ("maps.1", (4, 4, 4)),
        ("x", (2, 2, 1)),
    ]
    assert [(port.name, port.node) for port in made.outputs] == [
        ("maps.0", "d.maps.0.upsample"),
        ("maps.1", "d.maps.1.upsample"),
        ("y", "y.relu"),
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "block B() :: (m: ...[h, w, c]) -> (m: ...[h, w, c]) { ports { m: ...for x in m { x -> conv(8, kk=3) } } }",
            1,
        ),
        ("block B() :: (m: ...[h, w, c]) -> [_] { m[0] -> global_avg_pool -> dense }", 1),
        ("block B() :: (m: ...[h, w, c]) -> [8] { m[0] -> global_avg_pool -> dense(8) }", 0),
        (
            "block B(n: int) :: (m: ...[h, w, c]) -> (m: ...[h, w, n]) { ports { m: ...for x in m { x -> conv(n) } } }",
            0,
        ),
        ("block B() :: [h, w, c] -> (m: ...[_, _, _]) { ports { m: ...for n in [c, 2 * c] { conv(n) } } }", 0),
        ("block B(n: int) :: [h, w, c] -> (m: ...[_, _, _]) { ports { m: ...repeat n { conv(c) } } }", 0),
        ("block B(n: int) :: [h, w, c] -> (m: ...[_, _, _]) { ports { a: ...repeat n { conv(c) } } }", 1),
    ],
)
def test_blocks_that_nothing_calls(text: str, codes: int) -> None:
    assert len(mistakes(text)) == codes, mistakes(text)
