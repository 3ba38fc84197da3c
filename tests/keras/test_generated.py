"""Programs that nobody wrote, built: the analysis of every layer is what Keras made of it."""

from __future__ import annotations

import os
from random import Random

import keras
import pytest

from archdsl.backends.keras.build import build
from archdsl.compiler import Program
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.keras.test_specs import assert_keras_agrees

PROGRAMS = int(os.environ.get("ARCHDSL_PROGRAMS", "40"))
"""`make fuzz` asks for more."""


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_layers_are_as_analysed(seed: int) -> None:
    keras.utils.clear_session()
    text = Writer(Random(seed), seed).program()
    program = Program(SourceFile("<text>", text), MemoryLoader({}))
    for name in ("Net", "Open"):
        graph = program.graph(name)
        assert graph is not None, text
        assert_keras_agrees(graph, build(graph))
