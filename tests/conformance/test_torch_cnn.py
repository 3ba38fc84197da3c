"""CNNs of torchvision and timm against them: the same function, weight by weight, at full depth."""

from __future__ import annotations

import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import assign
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms
from tests.conformance.names import table

REGNETS = ("400mf", "800mf", "1600mf", "3200mf", "8gf", "16gf", "32gf")

TABLES = {
    "alexnet": ("alexnet", "torchvision"),
    "googlenet_bn": ("googlenet", "torchvision"),
    "googlenet_bn_aux": ("googlenet", "torchvision"),
    "resnet18": ("resnet", "torchvision_basic"),
    "resnet34": ("resnet", "torchvision_basic"),
    "resnet50": ("resnet", "torchvision_bottleneck"),
    "resnet50_odd": ("resnet", "torchvision_bottleneck"),
    "resnet101": ("resnet", "torchvision_bottleneck"),
    "resnet152": ("resnet", "torchvision_bottleneck"),
    **{f"shufflenet_v2_x{x}": ("shufflenet_v2", "torchvision") for x in ("05", "10", "15", "20")},
    **{f"regnet_{kind}{flops}": ("regnet", "torchvision") for kind in "xy" for flops in REGNETS},
    "squeezenet10": ("squeezenet", "torchvision_1_0"),
    "squeezenet11": ("squeezenet", "torchvision_1_1"),
    **dict.fromkeys(("resnext50", "resnext101", "resnext101_g64"), ("resnet", "torchvision_bottleneck")),
    **{f"wide_resnet{depth}": ("resnet", "torchvision_bottleneck") for depth in (50, 101)},
    **{f"vgg{kind}": ("vgg", f"torchvision_{kind}") for kind in ("11", "13", "11_bn", "13_bn", "16_bn", "19_bn")},
    **{f"seres{kind}": ("senet", "timm") for kind in ("net50", "net101", "net152", "next50")},
    "senet154": ("senet", "timm_154"),
    **{f"res2net{depth}": ("res2net", "timm") for depth in (50, 101)},
    **{f"repvgg_{kind}": ("repvgg", "timm") for kind in ("a0", "a1", "a2", "b0", "b1")},
}

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

_PARAMETERS = [pytest.param(name, marks=() if name in SMALL else pytest.mark.full) for name in TABLES]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    vector = vectors.read(name)
    model = archdsl.load(vector.model, **vector.arguments).build()
    assign(model, vector.drawn_weights(), table(*TABLES[name]))
    expected = {output: vector.expected(output) for output in vector.outputs}
    return Comparison(name, model, vector.drawn_images(), expected)


def test_logits_are_those_of_pytorch(compared: Comparison, conforms: Conforms) -> None:
    conforms(compared.name, vectors.read(compared.name).reference.split()[0], compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_logits_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()
