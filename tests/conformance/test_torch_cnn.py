"""CNNs of torchvision and timm against them: the same function, weight by weight, at full depth."""

from __future__ import annotations

import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import built
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms

MODELS = [
    *("alexnet", "googlenet_bn", "googlenet_bn_aux"),
    *("resnet18", "resnet34", "resnet50", "resnet50_odd", "resnet101", "resnet152"),
    *("resnext50", "resnext101", "resnext101_g64", "wide_resnet50", "wide_resnet101"),
    *(f"shufflenet_v2_x{x}" for x in ("05", "10", "15", "20")),
    *(f"regnet_{kind}{n}" for kind in "xy" for n in ("400mf", "800mf", "1600mf", "3200mf", "8gf", "16gf", "32gf")),
    *("squeezenet10", "squeezenet11"),
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    *(f"densenet{depth}_torchvision" for depth in (121, 169, 201)),
    *(f"vit_{kind}_torchvision" for kind in ("b16", "b32", "l16")),
    *("seresnet50", "seresnet101", "seresnet152", "seresnext50", "senet154"),
    *("res2net50", "res2net101"),
    *(f"repvgg_{kind}" for kind in ("a0", "a1", "a2", "b0", "b1")),
]

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "shufflenet_v2_x05": [("stages.1.blocks.2.work.conv2.batch_norm", "stages.1.blocks.2.work.conv3.batch_norm")],
    "regnet_y400mf": [("stages.3.blocks.1.main.conv1.conv", "stages.3.blocks.1.main.conv3.conv")],
    "squeezenet11": [("fire.2.one.conv_act.conv", "fire.3.one.conv_act.conv")],
    "resnext50": [("c3.blocks.1.main.conv2.conv", "c3.blocks.2.main.conv2.conv")],
    "seresnet50": [("c3.blocks.1.main.gate.weights.excite", "c3.blocks.2.main.gate.weights.excite")],
    "senet154": [("stages.1.blocks.1.bottleneck.main.conv2.conv", "stages.1.blocks.2.bottleneck.main.conv2.conv")],
    "res2net50": [("c3.blocks.1.bottleneck.main.conv2.convs.0.conv", "c3.blocks.1.bottleneck.main.conv2.convs.1.conv")],
    "repvgg_a0": [("stages.2.blocks.1.identity.batch_norm", "stages.2.blocks.1.conv_1x1.conv_bn.batch_norm")],
    "vgg16_bn": [("stages.4.conv_act.1.batch_norm", "stages.4.conv_act.2.batch_norm")],
    "googlenet_bn": [
        ("maps.inception4c.one.conv1.batch_norm", "maps.inception4c.three.reduce3.batch_norm"),
        ("maps.inception5a.three.conv3.conv", "maps.inception4e.three.conv3.conv"),
    ],
    "googlenet_bn_aux": [("aux1.auxiliary.fc1", "aux2.auxiliary.fc1"), ("aux1.auxiliary.fc2", "aux2.auxiliary.fc2")],
    "resnet18": [
        ("c2.blocks.0.main.conv1.conv", "c2.blocks.0.main.conv2.conv"),
        ("c4.blocks.0.main.conv2.batch_norm", "c4.blocks.0.skip.conv_bn.batch_norm"),
    ],
    "resnet50": [
        ("c3.blocks.1.main.conv2.conv", "c3.blocks.2.main.conv2.conv"),
        ("c4.blocks.4.main.conv3.conv", "c4.blocks.5.main.conv3.conv"),
        ("c5.blocks.0.main.conv1.batch_norm", "c5.blocks.0.main.conv2.batch_norm"),
    ],
}


# The others are deep, or much like one of these.
SMALL = {
    "alexnet",
    "googlenet_bn",
    "googlenet_bn_aux",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet50_odd",
    "resnet101",
    "shufflenet_v2_x05",
    "regnet_y400mf",
    "squeezenet11",
}

_PARAMETERS = [pytest.param(name, marks=() if name in SMALL else pytest.mark.full) for name in MODELS]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    vector = vectors.read(name)
    model = built(archdsl.load(vector.model, **vector.arguments), vector.drawn_weights())
    expected = {output: vector.expected(output) for output in vector.outputs}
    return Comparison(name, model, vector.drawn_images(), expected)


def test_logits_are_those_of_pytorch(compared: Comparison, conforms: Conforms) -> None:
    vector = vectors.read(compared.name)
    conforms(vector.model, vector.reference.split()[0], compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_logits_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()
