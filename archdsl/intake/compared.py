"""Whether a spec answers as the file of ONNX that it was imported from: both are run, if ONNX Runtime is there."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from archdsl.backends.onnx.write import save
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported

_MOST: Final = 1e-3
"""By how much outputs may differ, relative to the largest: sums are rounded in another order."""


def difference(file: str, found: Imported) -> float | None:
    """By how much outputs differ for random inputs, relative to the largest one; ``None`` where nothing can run them.

    Raises:
        Unreadable: they differ by more than rounding.
    """
    if find_spec("onnxruntime") is None:
        return None
    worst = max(_answers(found, file), default=0.0)
    if not worst <= _MOST:
        raise Unreadable(file, [Problem("", f"outputs of the spec differ by {worst:.0e} of the largest one")])
    return worst


def _answers(found: Imported, file: str) -> list[float]:
    """For each output, the largest difference."""
    theirs = _session(file)
    chance = np.random.default_rng(0)
    feeds, moved = {}, {}
    for given, port, is_turned in zip(theirs.get_inputs(), found.graph.inputs, found.turned[0], strict=True):
        sizes = [size if isinstance(size, int) else 1 for size in given.shape]
        value = chance.normal(size=sizes).astype("float32")
        feeds[given.name] = value
        moved[port.name] = np.moveaxis(value, 1, -1) if is_turned else value
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "spec.onnx"
        save(found.graph, target, found.arrays or {})
        answers = _session(str(target)).run(None, moved)
    apart = []
    for one, other, is_turned in zip(theirs.run(None, feeds), answers, found.turned[1], strict=True):
        same = np.moveaxis(other, -1, 1) if is_turned else other
        largest = float(np.abs(one).max()) or 1.0
        apart.append(float(np.abs(one - same).max()) / largest if one.shape == same.shape else float("inf"))
    return apart


def _session(file: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
