"""Programs that nobody wrote, saved and loaded: without archdsl at hand wherever Keras has all of their layers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np

from archdsl.backends.keras.build import build
from archdsl.compiler import Program
from archdsl.layers import needed
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer

PROGRAMS = int(os.environ.get("ARCHDSL_PROGRAMS", "40"))
"""`make fuzz` asks for more."""

_WITH = "import archdsl.layers\n"
_WITHOUT = "import sys; sys.modules['archdsl'] = None\n"
_ANSWER = """
import sys, keras, numpy as np
for name in sys.argv[1:]:
    model = keras.models.load_model(f"{name}.keras", compile=False)
    trained = [weight.path for weight in model.trainable_weights]
    answer = keras.ops.convert_to_numpy(model(np.load(f"{name}.npy"), training=False))
    np.savez(f"{name}.npz", answer=answer, trained=trained)
"""


def test_loaded_programs_answer_alike(tmp_path: Path) -> None:
    expected: dict[str, tuple[str, Any, list[str]]] = {}
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
        np.save(tmp_path / f"{name}.npy", x)
        model.save(tmp_path / f"{name}.keras")
        answer = keras.ops.convert_to_numpy(model(x, training=False))
        expected[name] = (text, answer, [weight.path for weight in model.trainable_weights])
        if needed(model):
            own.add(name)
    assert 0 < len(own) < PROGRAMS / 2
    for first, names in ((_WITH, own), (_WITHOUT, expected.keys() - own)):
        subprocess.run([sys.executable, "-c", first + _ANSWER, *names], cwd=tmp_path, check=True, capture_output=True)
    for name, (text, answer, trained) in expected.items():
        found = np.load(tmp_path / f"{name}.npz")
        np.testing.assert_allclose(found["answer"], answer, rtol=1e-5, atol=1e-6, err_msg=text)
        assert [*found["trained"]] == trained, text
