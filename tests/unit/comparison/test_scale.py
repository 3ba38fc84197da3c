"""Families: what the papers publish of them comes out of one spec."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.comparison import Entry, measure
from archdsl.comparison.scaling import ratio, table
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.source import SourceFile
from archdsl.survey import family

CIFAR = """\
from std.conv import ConvBN, ConvBNAct

block Unit(width: int, stride: int = 1) :: [h, w, c] -> [h / stride, w / stride, width] {
  add {
    main: ConvBNAct(width, stride=stride) -> ConvBN(width)
    skip: if stride == 1 and c == width { id } else { ConvBN(width, k=1, stride=stride) }
  }
  -> relu
}

block Stage(width: int, depth: int, stride: int = 2) {
  Unit(width, stride=stride) -> repeat depth - 1 { Unit(width) }
}

model Net(n: int = 3) :: [32, 32, 3] -> [10] {
  ConvBNAct(16) -> Stage(16, n, stride=1) -> Stage(32, n) -> Stage(64, n) -> global_avg_pool -> dense(10)
}
"""


def test_compound_scaling_of_efficientnet() -> None:
    """Tan & Le 2019, table 2: parameters in millions and FLOPS, which are multiply-adds, in billions."""
    published = [(5.3, 0.39), (7.8, 0.70), (9.2, 1.0), (12, 1.8), (19, 4.2), (30, 9.9), (43, 19), (66, 37)]
    found = archdsl.scale("efficientnet", {"phi": range(8)})
    assert [(e.trainable / 1e6, e.macs / 1e9) for e in found] == [  # type: ignore[operator]
        (pytest.approx(params, rel=0.03), pytest.approx(macs, rel=0.05)) for params, macs in published
    ]


def test_widths_of_mobilenet_v2() -> None:
    """github.com/tensorflow/models, slim/nets/mobilenet: multiply-adds and parameters in millions, at 224."""
    published = {
        0.35: (59, 1.66),
        0.5: (97, 1.95),
        0.75: (209, 2.61),
        1.0: (300, 3.47),
        1.3: (509, 5.34),
        1.4: (582, 6.06),
    }
    for width, entry in zip(published, archdsl.scale("mobilenet_v2", {"width": list(published)}), strict=True):
        macs, params = published[width]
        assert (entry.macs / 1e6, entry.trainable / 1e6) == (  # type: ignore[operator]
            pytest.approx(macs, rel=0.01),
            pytest.approx(params, rel=0.015),
        )


def test_depths_of_cifar_resnets() -> None:
    """He et al. 2015, table 6: layers, and parameters in millions. The paper's shortcuts pad; these project."""
    program = Program(SourceFile("net.arch", CIFAR), locate("resnet50").loader)
    published = {3: (20, 0.27), 5: (32, 0.46), 7: (44, 0.66), 9: (56, 0.85), 18: (110, 1.7)}
    for n, (layers, params) in published.items():
        graph = program.graph("Net", {"n": n})
        assert graph is not None
        entry = measure(graph, "net.arch")
        assert (entry.depth, entry.trainable / 1e6) == (layers, pytest.approx(params, rel=0.03))


def test_a_grid_has_every_combination_the_last_parameter_first() -> None:
    found = archdsl.scale("MobileNetV2", {"width": [0.5, 1.0], "size": [96, 128]}, classes=10)
    assert [(e.inputs[0][0], e.trainable > 1e6) for e in found] == [(96, False), (128, False), (96, True), (128, True)]
    assert found[0].params == found[1].params


def test_values_may_be_lists() -> None:
    found = archdsl.scale("vit:ViT", {"heads": [3, 6]}, patch=16, width=192, depth=1)
    assert found[0].params == found[1].params
    assert [e.depth for e in archdsl.scale("vgg16:VGG", {"depths": [[1, 1, 2, 2, 2], [2, 2, 4, 4, 4]]})] == [11, 19]


def test_a_value_that_does_not_fit_leaves_the_others() -> None:
    steps = list(family(locate("efficientnet"), lambda *_: {"phi": [7, 8, 0]}))
    assert [step.entry is not None for step in steps] == [True, False, True]
    assert [(a.name, a.value, a.text) for a in steps[1].arguments] == [("phi", 8, "8")]
    assert {d.code for d in steps[1].diagnostics} == {"index-out-of-range"}
    with pytest.raises(archdsl.ArchError):
        archdsl.scale("efficientnet", {"phi": [8]})


def test_a_family_is_bounded() -> None:
    with pytest.raises(ValueError, match="1_000_000 models"):
        archdsl.scale("MobileNetV2", {"size": range(1000), "classes": range(1000)})


def test_ratios_are_to_the_first_that_has_figures() -> None:
    steps = list(family(locate("efficientnet"), lambda *_: {"phi": [8, 0, 7]}))
    rows = [row.cells for row in table("t", steps).rows]
    names = [column.name for column in table("t", steps).columns]
    assert rows[0][names.index("params_ratio")].value is None
    assert rows[1][names.index("params_ratio")].value == 1
    assert rows[2][names.index("macs_ratio")].text == "97.83"


def test_no_ratio_without_numbers() -> None:
    entry = Entry("a", "a", "a.arch", (), {"macs": 0})
    assert ratio(entry, entry, "macs") is None
    assert ratio(None, entry, "macs") is None
