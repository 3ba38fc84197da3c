"""What the docs say that ops become in Keras is there."""

from __future__ import annotations

import re

import keras
import pytest

import archdsl.layers
from archdsl.backends.keras.counterparts import COUNTERPARTS, INITIALISERS
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS


def test_every_op_and_initialiser_has_one() -> None:
    assert list(COUNTERPARTS) == list(OPS)
    assert list(INITIALISERS) == list(KINDS)


@pytest.mark.parametrize("op", OPS)
def test_the_layers_are_there(op: str) -> None:
    for own, name in re.findall(r"(archdsl's )?\b([A-Z]\w+)", COUNTERPARTS[op]):
        assert hasattr(archdsl.layers if own else keras.layers, name), name


@pytest.mark.parametrize("kind", KINDS)
def test_the_initialisers_are_there(kind: str) -> None:
    assert issubclass(getattr(keras.initializers, INITIALISERS[kind]), keras.Initializer)
