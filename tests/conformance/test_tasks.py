"""Models of transformers, diffusers and others, and torchvision's of detection and segmentation, against them."""

from __future__ import annotations

import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import built
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms

MODELS = [
    *("cvt13", "cvt21", "cvt_w24"),
    *(f"segformer_b{i}" for i in range(6)),
    *("deeplabv3_resnet50", "deeplabv3_resnet101"),
    *("retinanet_resnet50", "yolov8n", "ddpm", "efficientnet_lite0_original"),
]
SMALL = {"segformer_b0", "yolov8n"}
"""They are compared in every run, the others in the full one."""

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "cvt13": [
        ("stages.1.blocks.0.norm1", "stages.1.blocks.0.norm2"),
        (
            "stages.2.blocks.3.attn.projected.k.conv_projection.concat.1.conv",
            "stages.2.blocks.3.attn.projected.v.conv_projection.concat.1.conv",
        ),
    ],
    "segformer_b0": [
        ("stages.1.maps.blocks.0.attn.reduce", "stages.1.maps.blocks.1.attn.reduce"),
        ("stages.3.maps.blocks.0.mlp.conv", "stages.3.maps.blocks.1.mlp.conv"),
    ],
    "deeplabv3_resnet50": [("out.aspp.concat.1.0.atrous.conv", "out.aspp.concat.1.1.atrous.conv")],
    "retinanet_resnet50": [("p.p3.conv", "p.p4.conv"), ("p.p6.conv", "p.p7.conv")],
    "ddpm": [("down.1.unit.0.map_attention.attn", "down.1.unit.1.map_attention.attn")],
    "yolov8n": [("backbone.1.c.m.0.cv1.conv_bn.conv", "backbone.1.c.m.1.cv1.conv_bn.conv")],
}

_PARAMETERS = [pytest.param(name, marks=() if name in SMALL else pytest.mark.full) for name in MODELS]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    vector = vectors.read(name)
    model = built(archdsl.load(vector.model, **vector.arguments), vector.drawn_weights())
    expected = {output: vector.expected(output) for output in vector.outputs}
    return Comparison(name, model, vector.inputs(), expected)


def test_answers_are_those_of_the_reference(compared: Comparison, conforms: Conforms) -> None:
    vector = vectors.read(compared.name)
    conforms(vector.model, vector.reference.split()[0], compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_answers_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()
