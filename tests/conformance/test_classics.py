"""VGG and the first ResNets against keras.applications: the same function, weight by weight, at full depth."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import applications

import archdsl
from archdsl.weights.published import table
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms
from tests.conformance.transfer import randomise, transfer

REFERENCES: dict[str, tuple[str, Callable[..., keras.Model]]] = {
    "vgg16": ("vgg", applications.VGG16),
    "vgg19": ("vgg", applications.VGG19),
    "resnet50_v1": ("resnet", applications.ResNet50),
    "resnet101_v1": ("resnet", applications.ResNet101),
    "resnet152_v1": ("resnet", applications.ResNet152),
}

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "vgg16": [("stages.4.conv_act.1.conv", "stages.4.conv_act.2.conv")],
    "vgg19": [("stages.2.conv_act.2.conv", "stages.2.conv_act.3.conv")],
    "resnet50_v1": [
        ("c3.blocks.1.main.conv2.conv", "c3.blocks.2.main.conv2.conv"),
        ("c4.blocks.0.main.conv3.batch_norm", "c4.blocks.0.skip.conv_norm.batch_norm"),
        ("c5.blocks.1.main.conv1.batch_norm", "c5.blocks.1.main.conv2.batch_norm"),
    ],
    "resnet152_v1": [("c4.blocks.20.main.conv3.conv", "c4.blocks.30.main.conv3.conv")],
}


_PARAMETERS = [
    pytest.param(name, marks=pytest.mark.full if name in ("resnet101_v1", "resnet152_v1") else ())
    for name in REFERENCES
]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    family, make = REFERENCES[name]
    shape = (64, 64, 3)
    reference = make(weights=None, classifier_activation=None, input_shape=shape, classes=10)
    randomise(reference)
    for layer in reference.layers:  # where a deep sum of residuals would grow, no late bias would show
        if layer.name.endswith("_3_bn"):
            layer.gamma.assign(0.2 * layer.gamma)
    model = archdsl.load(name, size=64, classes=10).build()
    transfer(reference, model, table(family, "keras"))
    images = np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
    return Comparison(name, model, images, {"logits": np.asarray(reference(images))})


def test_logits_are_those_of_keras(compared: Comparison, conforms: Conforms) -> None:
    conforms(compared.name, "keras.applications", compared.error, 1e-5)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_logits_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()
