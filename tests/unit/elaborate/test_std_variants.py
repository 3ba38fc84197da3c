"""Known networks of the library's residual blocks, three lines each: their figures are timm's and torchvision's."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.passes.cost import cost

TEMPLATE = """from std.conv import ConvBN, ConvBNAct
from std.mobile import SqueezeExcite
from std.residual import Bottleneck, Ladder, PooledProjection, ResidualStage

model Net(size: int = 224) :: [size, size, 3] -> [1000] {
  STEM -> max_pool(3, stride=2, pad=1)
  -> for i, depth in enumerate(DEPTHS) {
    ResidualStage(UNIT, width=64 * 2 ** i, depth=depth, stride=1 if i == 0 else 2FIRST)
  }
  -> global_avg_pool -> dense(1000)
}
"""
STEM = "ConvBNAct(64, k=7, stride=2, pad=3)"
DEEP = "{ ConvBNAct(32, stride=2, pad=1) -> ConvBNAct(32) -> ConvBNAct(64) }"


def net(unit: str, depths: tuple[int, ...] = (3, 4, 6, 3), stem: str = STEM, first: str = "") -> str:
    text = TEMPLATE.replace("STEM", stem).replace("DEPTHS", str(list(depths))).replace("UNIT", unit)
    return text.replace("FIRST", first)


LADDER = "Bottleneck(groups=4, per_group=26, spatial=Ladder"
NETWORKS = {
    "ResNeXt-50 32x4d": (net("Bottleneck(groups=32)"), 25_028_904),
    "ResNeXt-101 32x8d": (net("Bottleneck(groups=32, per_group=8)", (3, 4, 23, 3)), 88_791_336),
    "Wide ResNet-50-2": (net("Bottleneck(per_group=128)"), 68_883_240),
    "SE-ResNet-50": (net("Bottleneck(gate=SqueezeExcite)"), 28_088_024),
    "ResNet-50-D": (net("Bottleneck(shortcut=PooledProjection)", stem=DEEP), 25_576_264),
    "Res2Net-50 26w x 4s": (net(LADDER + ")", first=f", first={LADDER}(first=true))"), 25_699_120),
}


@pytest.mark.parametrize(("text", "trainable"), NETWORKS.values(), ids=NETWORKS)
def test_networks_of_the_blocks_have_the_published_weights(text: str, trainable: int) -> None:
    found = cost(archdsl.load_text(text).graph)
    assert found.trainable == trainable


@pytest.mark.parametrize("size", [97, 160, 225])
def test_residual_stages_take_maps_of_any_size(size: int) -> None:
    assert cost(archdsl.load_text(net("Bottleneck"), size=size).graph).trainable == 25_557_032


def test_senet154() -> None:
    text = """from std.conv import ConvBN, ConvBNAct
from std.mobile import SqueezeExcite
from std.residual import Bottleneck, ResidualStage

block Unit(width: int, stride: int = 1) :: [_, _, _] -> [_, _, 4 * width] {
  let shortcut = ConvBN(k=3, pad=1) if stride > 1 else ConvBN(k=1)
  Bottleneck(width, stride=stride, groups=64, per_group=4, reduced=2 * width, shortcut=shortcut, gate=SqueezeExcite)
}

model SENet154() :: [224, 224, 3] -> [1000] {
  ConvBNAct(64, stride=2, pad=1) -> ConvBNAct(64) -> ConvBNAct(128) -> max_pool(3, stride=2, pad=1)
  -> for i, n in enumerate([3, 8, 36, 3]) { ResidualStage(Unit, 64 * 2 ** i, depth=n, stride=2 if i > 0 else 1) }
  -> global_avg_pool -> dense(1000)
}
"""
    found = cost(archdsl.load_text(text).graph)
    assert (found.trainable, found.macs) == (115_088_984, 20_688_363_520)
