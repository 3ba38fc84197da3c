"""Files in the form in which ``keras.applications`` publishes its weights, converted by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

import archdsl
from archdsl.fitted import matched
from tests.conformance.transfer import randomise, relative_error

SIZE = 64


def published(model: keras.Model, file: Path) -> Path:
    """The weights as Keras 2 saved them: variables with the numbers of outputs, depthwise kernels by that name."""
    keras.utils.clear_session()
    with h5py.File(file, "w") as h5:
        save_weights_to_hdf5_group(h5, model)
        for layer in model.layers:
            within = h5[layer.name].get(layer.name, {})
            before = h5[layer.name].attrs["weight_names"]
            names = {}
            for name in [*within]:
                is_depthwise = type(layer) is keras.layers.DepthwiseConv2D and name == "kernel"
                names[f"{layer.name}/{name}"] = f"{'depthwise_' if is_depthwise else ''}{name}:0"
                within.move(name, names[f"{layer.name}/{name}"])
            after = [name.decode() if isinstance(name, bytes) else str(name) for name in before]
            after = [f"{layer.name}/{names[name]}" if name in names else name for name in after]
            h5[layer.name].attrs["weight_names"] = [name.encode() for name in after]
    return file


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("mobilenet_v2", keras.applications.MobileNetV2),
        pytest.param("resnet50_v1", keras.applications.ResNet50, marks=pytest.mark.full),
        pytest.param("efficientnet_b0", keras.applications.EfficientNetB0, marks=pytest.mark.full),
        pytest.param("xception", keras.applications.Xception, marks=pytest.mark.full),
        pytest.param("densenet121", keras.applications.DenseNet121, marks=pytest.mark.full),
    ],
)
def test_answers_are_those_of_the_reference(name: str, application: Callable[..., keras.Model], tmp_path: Path) -> None:
    size = max(SIZE, 71)  # Xception takes no smaller ones
    reference = application(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None)
    randomise(reference, gain=3.0)
    file = published(reference, tmp_path / "published.h5")
    ours = archdsl.load(name, size=size, classes=10).build(weights=file)
    images: Any = np.random.default_rng(1).uniform(0, 255, size=(2, size, size, 3)).astype("float32")
    expected = np.asarray(reference(images))
    reference.save_weights(tmp_path / "published.weights.h5")  # the layout of Keras 3
    with matched(archdsl.load(name, size=size, classes=10).graph, tmp_path / "published.weights.h5") as (arrays, fit):
        assert fit
        kernel = next(key for key in fit.kept if key.endswith("/kernel"))
        path, array = kernel.split("/")
        (value,) = (weight for weight in ours.get_layer(path).weights if weight.name == array)
        np.testing.assert_array_equal(arrays.arrays[kernel].read(), np.asarray(value))
    assert relative_error(np.asarray(ours(images)), expected) < 1e-5
    assert np.abs(expected[0] - expected[1]).max() > 1e-3 * np.abs(expected).max()
