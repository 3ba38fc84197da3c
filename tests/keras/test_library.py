"""Blocks of the library that no bundled spec uses, built."""

from __future__ import annotations

import numpy as np
import pytest

import archdsl
from tests.keras.test_specs import assert_keras_agrees

MODELS = {
    "U-Net": """
        from std.pyramid import UNet
        model Net() :: [h, w, 3] -> [h, w, 2] { UNet([8, 16, 32]) -> conv(2, k=1) }
    """,
    "U-Net, bilinear": """
        from std.pyramid import UNet
        model Net() :: [32, 64, 3] -> [32, 64, 8] { UNet([8, 16, 32], learned=false) }
    """,
    "feature pyramid": """
        from std.pyramid import FeaturePyramid
        model Net() :: [128, 128, 3] -> (p2: [32, 32, 8], p3: [16, 16, 8], p4: [8, 8, 8], p5: [4, 4, 8]) {
          conv(4, stride=2) -> for width in [4, 8, 16, 32] { conv(width, stride=2) as c }
          -> ports { c2: c[0]  c3: c[1]  c4: c[2]  c5: c[3] } -> FeaturePyramid(8)
        }
    """,
    "RetinaNet's pyramid": """
        from std.pyramid import RetinaPyramid
        model Net() :: (c3: [32, 32, 4], c4: [16, 16, 8], c5: [8, 8, 16])
            -> (p3: [32, 32, 8], p4: [16, 16, 8], p5: [8, 8, 8], p6: [4, 4, 8], p7: [2, 2, 8]) {
          ports { c3: c3  c4: c4  c5: c5 } -> RetinaPyramid(8)
        }
    """,
    "ShuffleNet": """
        from std.shuffle import ShuffleUnit
        model Net() :: [16, 16, 24] -> [8, 8, 240] { ShuffleUnit(240, stride=2) -> repeat 2 { ShuffleUnit(240) } }
    """,
    "ShuffleNet V2": """
        from std.shuffle import ShuffleUnitV2
        model Net() :: [h, 16, 24] -> [h / 2, 8, 116] { ShuffleUnitV2(116, stride=2) -> ShuffleUnitV2(116) }
    """,
    "pre-activation": """
        from std.preactivation import PreActBasicBlock, PreActBottleneck
        from std.residual import ResidualStage
        model Net() :: [32, 32, 8] -> [8, 8, 64] {
          ResidualStage(PreActBasicBlock, width=8, depth=2) -> ResidualStage(PreActBottleneck, width=16, depth=2)
          -> batch_norm -> relu
        }
    """,
    "residual blocks of an odd map, with a gate, groups, another norm and dilation": """
        from std.mobile import SqueezeExcite
        from std.residual import BasicBlock, Bottleneck, Ladder, PooledProjection, ResidualStage
        model Net() :: [17, 23, 8] -> [3, 3, 64] {
          let norm = group_norm(4)
          let pooled = Bottleneck(groups=2, per_group=16, shortcut=PooledProjection(norm=norm), norm=norm, drop=0.1)
          let ladder = Bottleneck(groups=4, per_group=16, spatial=Ladder)
          let dilated = BasicBlock(gate=SqueezeExcite(0.5), dilation=2)

          ResidualStage(dilated, width=8, depth=2, first=BasicBlock)
          -> ResidualStage(pooled, width=16, depth=2)
          -> ResidualStage(ladder, width=16, depth=2, first=ladder(spatial=Ladder(first=true)))
        }
    """,
    "inverted residuals padded in numbers, with a gate": """
        from std.mobile import InvertedResidual, MBConv, SqueezeExcite
        model Net() :: [17, 17, 8] -> [9, 9, 8] {
          MBConv(8, k=5, stride=2, pad=2)
          -> InvertedResidual(8, dilation=2, pad=2, gate=SqueezeExcite(4, gate=hard_sigmoid))
        }
    """,
    "an encoder with layer scale, over windows": """
        from std.transformer import EncoderBlock
        model Net() :: [4, 9, 12] -> [4, 9, 12] {
          EncoderBlock(3, layer_scale=1e-5, norm=rms_norm, drop=0.1)  # allow: attention-on-map
        }
    """,
    "P6 of P5": """
        from std.pyramid import RetinaPyramid
        model Net() :: (c3: [32, 32, 4], c4: [16, 16, 8], c5: [8, 8, 16])
            -> (p3: [32, 32, 8], p4: [16, 16, 8], p5: [8, 8, 8], p6: [4, 4, 8], p7: [2, 2, 8]) {
          ports { c3: c3  c4: c4  c5: c5 } -> RetinaPyramid(8, p6_from_p5=true)
        }
    """,
    "windows wider than the map": """
        from std.swin import SwinStage
        model Net() :: [5, 17, 12] -> [5, 17, 12] { SwinStage(3, drops=[0.0, 0.1]) }
    """,
}


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_blocks_are_as_analysed(text: str) -> None:
    architecture = archdsl.load_text(text)
    assert architecture.diagnostics == ()
    assert_keras_agrees(architecture.graph, architecture.build())


def test_shuffle_deals_channels_out() -> None:
    text = "from std.shuffle import ChannelShuffle\nmodel Net() :: [1, 1, 6] -> [1, 1, 6] { ChannelShuffle(3) }"
    shuffled = archdsl.load_text(text).build()(np.arange(6.0, dtype="float32").reshape(1, 1, 1, 6))
    assert np.ravel(shuffled).tolist() == [0, 2, 4, 1, 3, 5]


def test_nothing_moves_along_a_dimension_that_one_window_covers() -> None:
    """A map of 5 x 14 in windows of 7: rolled along its width only."""
    text = (
        "from std.swin import WindowAttention\nmodel Net() :: [5, 14, 4] -> [5, 14, 4] { WindowAttention(2, shift=3) }"
    )
    rolls = [node.op.shift for node in archdsl.load_text(text).graph if node.op.name == "roll"]
    assert rolls == [(0, -3), (0, 3)]
