"""Programs that nobody wrote, saved and loaded: without archdsl at hand wherever Keras has all of their layers."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import keras
import numpy as np

from archdsl.backends.keras.build import build
from archdsl.compiler import Program
from archdsl.layers import needed
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.keras.loading import loaded, save

PROGRAMS = int(os.environ.get("ARCHDSL_PROGRAMS", "8"))
"""`make fuzz` asks for more."""


def test_loaded_programs_answer_alike(tmp_path: Path) -> None:
    expected: dict[str, tuple[str, dict[str, np.ndarray]]] = {}
    own: set[str] = set()
    for seed in range(PROGRAMS):
        keras.utils.clear_session()
        text = Writer(Random(seed), seed).program()
        graph = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net")
        assert graph is not None, text
        model, name = build(graph), f"net{seed}"
        rng = np.random.default_rng(seed)
        for weight in model.weights:
            if "int" not in weight.dtype:
                weight.assign(rng.uniform(0.1, 0.5, weight.shape))
        for layer in model.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # which computes with copies of its weights
        x = rng.normal(size=(2, *graph.inputs[0].shape)).astype("float32")
        expected[name] = (text, save(model, x, tmp_path, name))
        if needed(model):
            own.add(name)
    assert 0 < len(own) < PROGRAMS
    found = loaded(tmp_path, own, expected.keys() - own)
    for name, (text, answers) in expected.items():
        assert [*found[name]["trained"]] == [*answers.pop("trained")], text
        for output, answer in answers.items():
            np.testing.assert_allclose(found[name][output], answer, rtol=1e-5, atol=1e-6, err_msg=text)
