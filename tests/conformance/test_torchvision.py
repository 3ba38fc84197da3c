"""AlexNet, GoogLeNet and ResNet against torchvision: the same function, weight by weight, at full depth."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Comparison:
    name: str
    model: keras.Model
    """Ours, with the weights of the vector."""
    vector: vectors.Vector

    @property
    def error(self) -> float:
        """The largest of all outputs."""
        answer = self.model(self.vector.drawn_images())
        answers = answer if isinstance(answer, dict) else {"logits": answer}
        assert answers.keys() == self.vector.outputs.keys()
        return max(relative_error(np.asarray(answers[port]), self.vector.expected(port)) for port in answers)


_PARAMETERS = [pytest.param(name, marks=pytest.mark.full if name == "resnet152" else ()) for name in TABLES]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    vector = vectors.read(name)
    model = archdsl.load(vector.model, **vector.arguments).build()
    assign(model, vector.drawn_weights(), table(*TABLES[name]))
    return Comparison(name, model, vector)


def test_logits_are_those_of_torchvision(compared: Comparison, conforms: Conforms) -> None:
    conforms(compared.name, "torchvision", compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    for first, second in SWAPS.get(compared.name, ()):
        swap(compared.model, first, second)
        assert compared.error > 1e-3, (first, second)
        swap(compared.model, first, second)


def test_logits_depend_on_the_image(compared: Comparison) -> None:
    vector = compared.vector
    assert all(relative_error(*vector.expected(port)) > 0.02 for port in vector.outputs)
