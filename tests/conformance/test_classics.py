"""VGG and the first ResNets against keras.applications: the same function, weight by weight, at full depth."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import keras
import numpy as np
import pytest
from keras import applications

import archdsl
from tests.conformance.conftest import Conforms
from tests.conformance.names import table
from tests.conformance.transfer import randomise, relative_error, swap, transfer

REFERENCES: dict[str, tuple[str, Callable[..., keras.Model]]] = {
    "vgg16": ("vgg", applications.VGG16),
    "vgg19": ("vgg", applications.VGG19),
    "resnet50_v1": ("resnet", applications.ResNet50),
    "resnet101_v1": ("resnet", applications.ResNet101),
    "resnet152_v1": ("resnet", applications.ResNet152),
}

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "vgg16": [("stage_4.1.conv", "stage_4.2.conv")],
    "vgg19": [("stage_2.2.conv", "stage_2.3.conv")],
    "resnet50_v1": [
        ("c3.1.main.1.conv", "c3.2.main.1.conv"),
        ("c4.0.main.2.batch_norm", "c4.0.skip.conv_norm.batch_norm"),
        ("c5.1.main.0.batch_norm", "c5.1.main.1.batch_norm"),
    ],
    "resnet152_v1": [("c4.20.main.2.conv", "c4.30.main.2.conv")],
}


@lru_cache(maxsize=1)
def built(name: str) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Our model with the weights of its reference, images, and the reference's logits for them."""
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
    return model, images, np.asarray(reference(images))


def error(name: str) -> float:
    model, images, logits = built(name)
    return relative_error(np.asarray(model(images)), logits)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name == "resnet152_v1" else ()) for name in REFERENCES]
)
class TestLogits:
    def test_are_those_of_keras(self, name: str, conforms: Conforms) -> None:
        conforms(name, "keras.applications", error(name), 1e-5)

    def test_show_a_swap_of_equal_shapes(self, name: str) -> None:
        for first, second in SWAPS.get(name, ()):
            swap(built(name)[0], first, second)
            assert error(name) > 1e-3, (first, second)
            swap(built(name)[0], first, second)

    def test_depend_on_the_image(self, name: str) -> None:
        first, second = built(name)[2]
        assert relative_error(first, second) > 0.02
