"""Models of keras.applications against it: the same function, weight by weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
from keras import applications

import archdsl
from archdsl.weights.published import table
from tests.conformance.comparison import Comparison
from tests.conformance.conftest import Conforms
from tests.conformance.transfer import randomise, transfer


@dataclass(frozen=True)
class Pair:
    """One of our models and its reference, both for images of ``size``."""

    reference: Callable[..., keras.Model]
    family: str
    size: int
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    largest: float = 1.0
    """Of the values in an image."""
    gain: float = 2.0
    """Of the kernels. Gates take half of what passes, so that few blocks with gates need more for images to matter."""
    table: str = "keras"
    """Which of the family's file."""


# An odd size is halved unevenly, where rules of padding differ.
PAIRS = {
    "densenet121": Pair(applications.DenseNet121, "densenet", 64),
    "densenet169": Pair(applications.DenseNet169, "densenet", 32),
    "densenet201": Pair(applications.DenseNet201, "densenet", 32),
    "mobilenet_v2": Pair(applications.MobileNetV2, "mobilenet", 64),
    "mobilenet_v2, half as wide": Pair(applications.MobileNetV2, "mobilenet", 96, {"width": 0.5}, {"alpha": 0.5}),
    "efficientnet_b0": Pair(applications.EfficientNetB0, "efficientnet", 64, largest=255, gain=3),
    "efficientnet_b1": Pair(applications.EfficientNetB1, "efficientnet", 75, largest=255, gain=3),
    "efficientnet_b2": Pair(applications.EfficientNetB2, "efficientnet", 65, largest=255, gain=3),
    "efficientnet_b3": Pair(applications.EfficientNetB3, "efficientnet", 75, largest=255, gain=3),
    "efficientnet_b4": Pair(applications.EfficientNetB4, "efficientnet", 95, largest=255),
    "efficientnet_b5": Pair(applications.EfficientNetB5, "efficientnet", 64, largest=255),
    "efficientnet_b6": Pair(applications.EfficientNetB6, "efficientnet", 64, largest=255),
    "efficientnet_b7": Pair(applications.EfficientNetB7, "efficientnet", 64, largest=255),
    "mobilenet_v1": Pair(applications.MobileNet, "mobilenet_v1", 64),
    "mobilenet_v3_small": Pair(applications.MobileNetV3Small, "mobilenet_v3", 64, largest=255, gain=3),
    "mobilenet_v3_large": Pair(applications.MobileNetV3Large, "mobilenet_v3", 95, largest=255),
    "efficientnet_v2_b0": Pair(applications.EfficientNetV2B0, "efficientnet_v2", 65, largest=255, gain=3),
    "efficientnet_v2_b1": Pair(applications.EfficientNetV2B1, "efficientnet_v2", 64, largest=255, gain=3),
    "efficientnet_v2_b2": Pair(applications.EfficientNetV2B2, "efficientnet_v2", 64, largest=255, gain=3),
    "efficientnet_v2_b3": Pair(applications.EfficientNetV2B3, "efficientnet_v2", 64, largest=255, gain=3),
    "efficientnet_v2_s": Pair(applications.EfficientNetV2S, "efficientnet_v2", 64, largest=255),
    "efficientnet_v2_m": Pair(applications.EfficientNetV2M, "efficientnet_v2", 64, largest=255),
    "efficientnet_v2_l": Pair(applications.EfficientNetV2L, "efficientnet_v2", 64, largest=255),
    "inception_v3": Pair(applications.InceptionV3, "inception_v3", 75),
    "inception_resnet_v2": Pair(applications.InceptionResNetV2, "inception_resnet_v2", 75),
    "xception": Pair(applications.Xception, "xception", 71),
    "resnet50_v2": Pair(applications.ResNet50V2, "resnet_v2", 64),
    "resnet101_v2": Pair(applications.ResNet101V2, "resnet_v2", 64),
    "resnet152_v2": Pair(applications.ResNet152V2, "resnet_v2", 64),
    "nasnet_mobile": Pair(applications.NASNetMobile, "nasnet", 64, table="keras_mobile"),
    "nasnet_large": Pair(applications.NASNetLarge, "nasnet", 64, table="keras_large"),
    **{
        f"convnext_{kind}": Pair(make, "convnext", 64, {"drop": 0.0}, {"name": "convnext"}, largest=255)
        for kind, make in (
            ("tiny", applications.ConvNeXtTiny),
            ("small", applications.ConvNeXtSmall),
            ("base", applications.ConvNeXtBase),
        )
    },
}
LARGE = {
    "efficientnet_b4",
    "convnext_small",
    "convnext_base",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b1",
    "inception_v3",
    "densenet169",
    "densenet201",
    "efficientnet_b7",
    "mobilenet_v3_large",
    "efficientnet_v2_b1",
    "efficientnet_v2_b2",
    "efficientnet_v2_b3",
    "efficientnet_v2_s",
    "efficientnet_v2_m",
    "efficientnet_v2_l",
    "inception_resnet_v2",
    "efficientnet_v2_b0",
    "resnet50_v2",
    "xception",
    "resnet101_v2",
    "resnet152_v2",
    "nasnet_mobile",
    "nasnet_large",
}

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "mobilenet_v1": [("stages.3.blocks.1.pointwise.conv", "stages.3.blocks.2.pointwise.conv")],
    "mobilenet_v3_small": [("blocks.4.projection.norm", "blocks.5.projection.norm")],
    "efficientnet_v2_b0": [("stages.5.blocks.1.projection.conv", "stages.5.blocks.2.projection.conv")],
    "inception_v3": [("b.1.mixed_b.seven.unit_1.conv", "b.2.mixed_b.seven.unit_1.conv")],
    "inception_resnet_v2": [("block17.3.inception_res_net.conv", "block17.4.inception_res_net.conv")],
    "xception": [("middle.2.sep_bn.0.separable_conv", "middle.2.sep_bn.1.separable_conv")],
    "resnet50_v2": [("stages.2.blocks.1.main.conv2.conv", "stages.2.blocks.2.main.conv2.conv")],
    "nasnet_mobile": [("cells.0.normal.1.now", "cells.0.normal.2.now")],
    "densenet121": [
        ("dense1.layer.3.new.conv2.conv", "dense1.layer.4.new.conv2.conv"),
        ("dense4.layer.14.new.conv2.batch_norm", "dense4.layer.15.new.conv2.batch_norm"),
    ],
    "mobilenet_v2": [
        ("stages.3.blocks.1.expansion.conv", "stages.3.blocks.2.expansion.conv"),
        ("stages.5.blocks.1.depthwise.depthwise_conv", "stages.5.blocks.2.depthwise.depthwise_conv"),
    ],
    "efficientnet_b0": [
        ("stages.5.blocks.1.squeeze_excite.weights.excite", "stages.5.blocks.2.squeeze_excite.weights.excite"),
        ("stages.3.blocks.1.expansion.norm", "stages.3.blocks.1.depthwise.norm"),
        ("stages.4.blocks.1.projection.conv", "stages.4.blocks.2.projection.conv"),
    ],
    "convnext_tiny": [
        ("stages.0.blocks.1.scale", "stages.0.blocks.2.scale"),
        ("stages.2.blocks.4.expansion", "stages.2.blocks.5.expansion"),
        ("stages.3.blocks.0.depthwise_conv", "stages.3.blocks.1.depthwise_conv"),
    ],
}


_PARAMETERS = [pytest.param(name, marks=pytest.mark.full if name in LARGE else ()) for name in PAIRS]


@pytest.fixture(scope="module", params=_PARAMETERS)
def compared(request: pytest.FixtureRequest) -> Comparison:
    name: str = request.param
    pair = PAIRS[name]
    keras.utils.clear_session()  # so that layers without a name of their own are counted from the first
    shape = (pair.size, pair.size, 3)
    reference = pair.reference(weights=None, classifier_activation=None, input_shape=shape, classes=10, **pair.theirs)
    randomise(reference, gain=pair.gain)
    model = archdsl.load(name.partition(",")[0], size=pair.size, classes=10, **pair.ours).build()
    transfer(reference, model, table(pair.family, pair.table))
    images = pair.largest * drawn_images(pair.size)
    return Comparison(name, model, images, {"logits": np.asarray(reference(images))}, dropped(reference))


def dropped(model: keras.Model) -> list[float]:
    """The rates of its dropout, which show in training alone."""
    return [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]


def drawn_images(size: int) -> np.ndarray:
    """Two images with values from 0 to 1: noise in patches of other brightness and colour, so that places matter."""
    rng = np.random.default_rng(1)
    patches = rng.uniform(size=(2, 5, 5, 3)).repeat(-(-size // 5), axis=1).repeat(-(-size // 5), axis=2)
    return (patches[:, :size, :size] * rng.uniform(size=(2, size, size, 3))).astype("float32")


def test_logits_are_those_of_keras(compared: Comparison, conforms: Conforms) -> None:
    conforms(compared.name.partition(",")[0], "keras.applications", compared.error, 1e-4)


def test_a_swap_of_equal_shapes_is_seen(compared: Comparison) -> None:
    assert compared.shows_swaps(SWAPS.get(compared.name, ()))


def test_logits_depend_on_the_image(compared: Comparison) -> None:
    assert compared.depends_on_the_image()


def test_as_much_is_dropped(compared: Comparison) -> None:
    assert dropped(compared.model) == pytest.approx(compared.dropped)
