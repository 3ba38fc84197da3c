"""Saved models, loaded in a new process: one that has archdsl's layers, or one where archdsl cannot be imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import keras
import numpy as np

_WITH = "import archdsl.layers\n"
_WITHOUT = "import sys; sys.modules['archdsl'] = None\n"
_ANSWER = """
import sys, keras, numpy as np
for name in sys.argv[1:]:
    keras.utils.clear_session()
    model = keras.models.load_model(f"{name}.keras", compile=False)
    inputs = dict(np.load(f"{name}.inputs.npz"))
    answer = model(inputs if len(inputs) > 1 else inputs.popitem()[1], training=False)
    outputs = {f"output.{i}": keras.ops.convert_to_numpy(y) for i, y in enumerate(keras.tree.flatten(answer))}
    np.savez(f"{name}.npz", trained=[weight.path for weight in model.trainable_weights], **outputs)
"""


Inputs = np.ndarray | dict[str, np.ndarray]
"""Of a model with one input, or of one with several, by their names."""


def save(model: keras.Model, inputs: Inputs, folder: Path, name: str) -> dict[str, np.ndarray]:
    """Saves a model and what to ask it about. Gives its answers to that and the variables that it trains."""
    model.save(folder / f"{name}.keras")
    np.savez(folder / f"{name}.inputs.npz", **(inputs if isinstance(inputs, dict) else {"image": inputs}))
    answer = keras.tree.flatten(model(inputs, training=False))
    outputs = {f"output.{i}": keras.ops.convert_to_numpy(y) for i, y in enumerate(answer)}
    return {"trained": np.array([weight.path for weight in model.trainable_weights]), **outputs}


def loaded(folder: Path, own: Collection[str], others: Collection[str]) -> Mapping[str, Mapping[str, np.ndarray]]:
    """What saved models answer when they are loaded: ``own`` with archdsl's layers, the others without archdsl."""
    for first, names in ((_WITH, own), (_WITHOUT, others)):
        if names:
            command = [sys.executable, "-c", first + _ANSWER, *names]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return {name: np.load(folder / f"{name}.npz") for name in (*own, *others)}
