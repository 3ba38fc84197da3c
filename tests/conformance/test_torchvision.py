"""AlexNet, GoogLeNet and ResNet against torchvision: the same function, weight by weight, at full depth."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import assign
from tests.conformance.conftest import Conforms
from tests.conformance.names import table
from tests.conformance.transfer import relative_error, swap

TABLES = {
    "alexnet": ("alexnet", "torchvision"),
    "googlenet_bn": ("googlenet", "torchvision"),
    "googlenet_bn_aux": ("googlenet", "torchvision"),
    "resnet18": ("resnet", "torchvision_basic"),
    "resnet34": ("resnet", "torchvision_basic"),
    "resnet50": ("resnet", "torchvision_bottleneck"),
    "resnet101": ("resnet", "torchvision_bottleneck"),
    "resnet152": ("resnet", "torchvision_bottleneck"),
}

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "googlenet_bn": [
        ("maps.inception4c.one.conv_bn_act.batch_norm", "maps.inception4c.three.0.batch_norm"),
        ("maps.inception5a.three.1.conv", "maps.inception4e.three.1.conv"),
    ],
    "googlenet_bn_aux": [("aux1.auxiliary.fc1", "aux2.auxiliary.fc1"), ("aux1.auxiliary.fc2", "aux2.auxiliary.fc2")],
    "resnet18": [
        ("c2.0.main.conv_bn_act.conv", "c2.0.main.conv_bn.conv"),
        ("c4.0.main.conv_bn.batch_norm", "c4.0.skip.conv_bn.batch_norm"),
    ],
    "resnet50": [
        ("c3.1.main.1.conv", "c3.2.main.1.conv"),
        ("c4.4.main.conv_bn.conv", "c4.5.main.conv_bn.conv"),
        ("c5.0.main.0.batch_norm", "c5.0.main.1.batch_norm"),
    ],
}


@lru_cache(maxsize=1)
def ours(name: str) -> keras.Model:
    vector = vectors.read(name)
    model = archdsl.load(vector.model, **vector.arguments).build()
    assign(model, vector.drawn_weights(), table(*TABLES[name]))
    return model


def error(name: str) -> float:
    """The largest of all outputs."""
    vector = vectors.read(name)
    answer = ours(name)(vector.drawn_images())
    answers = answer if isinstance(answer, dict) else {"logits": answer}
    assert answers.keys() == vector.outputs.keys()
    return max(relative_error(np.asarray(answers[port]), vector.expected(port)) for port in answers)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name == "resnet152" else ()) for name in TABLES]
)
class TestLogits:
    def test_are_those_of_torchvision(self, name: str, conforms: Conforms) -> None:
        conforms(name, "torchvision", error(name), 1e-4)

    def test_show_a_swap_of_equal_shapes(self, name: str) -> None:
        for first, second in SWAPS.get(name, ()):
            swap(ours(name), first, second)
            assert error(name) > 1e-3, (first, second)
            swap(ours(name), first, second)

    def test_depend_on_the_image(self, name: str) -> None:
        vector = vectors.read(name)
        assert all(relative_error(*vector.expected(port)) > 0.02 for port in vector.outputs)
