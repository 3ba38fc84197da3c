"""VGG-16 against keras.applications: the same function, weight by weight."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import archdsl
from tests.conformance.names import table
from tests.conformance.transfer import randomise, relative_error, transfer


@pytest.fixture(scope="module")
def reference() -> keras.Model:
    model = keras.applications.VGG16(weights=None, classifier_activation=None, input_shape=(64, 64, 3), classes=10)
    randomise(model)
    return model


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(2, 64, 64, 3)).astype("float32")


def test_logits_are_those_of_keras(reference: keras.Model, images: np.ndarray) -> None:
    ours = archdsl.load("vgg16", size=64, classes=10).build()
    transfer(reference, ours, table("vgg", "keras"))
    assert relative_error(np.asarray(ours(images)), np.asarray(reference(images))) < 1e-5


def test_a_swap_of_equal_shapes_is_seen(reference: keras.Model, images: np.ndarray) -> None:
    """Two convolutions of one stage have equal shapes; exchanging their weights must show in the logits."""
    ours = archdsl.load("vgg16", size=64, classes=10).build()
    transfer(reference, ours, table("vgg", "keras"))
    first, second = ours.get_layer("stage_4.1.conv"), ours.get_layer("stage_4.2.conv")
    first_weights = first.get_weights()
    first.set_weights(second.get_weights())
    second.set_weights(first_weights)
    assert relative_error(np.asarray(ours(images)), np.asarray(reference(images))) > 1e-3


def test_full_size_has_the_same_parameters() -> None:
    published = 138_357_544  # keras.applications 3.15.1 and torchvision 0.28
    assert archdsl.load("vgg16").summary().total.params == published
