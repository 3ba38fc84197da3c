"""Figures of torchvision 0.28 (parameters without statistics, multiply-adds, depth), read off the running models.

Multiply-adds are those of convolution and linear layers (FlopCounterMode / 2); ``statistics`` are the running mean and
variance of batch norm, which Keras counts as parameters.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

import archdsl
from archdsl.passes.cost import cost


class Figures(NamedTuple):
    trainable: int
    statistics: int
    macs: int
    depth: int


TORCHVISION = {
    "resnet18": Figures(11_689_512, 9_600, 1_814_073_344, 18),
    "resnet34": Figures(21_797_672, 17_024, 3_663_761_408, 34),
    "resnet50": Figures(25_557_032, 53_120, 4_089_184_256, 50),
    "resnet101": Figures(44_549_160, 105_344, 7_801_405_440, 101),
    "resnet152": Figures(60_192_808, 151_424, 11_513_626_624, 152),
    "vgg16": Figures(138_357_544, 0, 15_470_264_320, 16),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_figures(name: str) -> None:
    measured = cost(archdsl.load(name).graph)
    assert Figures(measured.trainable, measured.non_trainable, measured.macs, measured.depth) == TORCHVISION[name]
