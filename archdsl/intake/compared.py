"""Numerical comparison of a spec with the model that it was imported from; ONNX Runtime runs specs and ONNX files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.backends.onnx.write import save
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported

Array: TypeAlias = np.ndarray[Any, Any]
_MOST: Final = 1e-3
"""The tolerance for outputs relative to the largest, since sums are rounded in another order."""
_NOISE: Final = 1e-6
"""The scale of normal noise that is added to inputs to estimate how a model amplifies rounding errors."""


Answers: TypeAlias = Callable[[Sequence[Array]], Sequence[Array]]
"""A function from the inputs of a model to its outputs."""


def of_file(file: str) -> tuple[Answers, list[tuple[int, ...]]]:
    """The inference function of an ONNX file, and the shapes of its inputs."""
    session = _session(file)
    given = session.get_inputs()
    shapes = [tuple(size if isinstance(size, int) else 1 for size in each.shape) for each in given]

    def answers(values: Sequence[Array]) -> Sequence[Array]:
        found: Sequence[Array] = session.run(
            None, {each.name: value for each, value in zip(given, values, strict=True)}
        )
        return found

    return answers, shapes


def check(source: Callable[[], tuple[Answers, Sequence[tuple[int, ...]]]], found: Imported, name: str) -> str | None:
    """Compares outputs for random inputs; returns the reason if that is impossible. ``source`` opens the source.

    Raises:
        Unreadable: they differ by more than rounding errors, also as the source amplifies them.
    """
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        return "ONNX Runtime is not installed"
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    try:
        answers, shapes = source()
    except (errors.Fail, errors.NotImplemented, errors.InvalidGraph, errors.InvalidArgument, errors.RuntimeException):
        return "ONNX Runtime does not run it"
    chance = np.random.default_rng(0)
    values = [chance.normal(size=shape).astype("float32") for shape in shapes]
    wanted = answers(values)
    worst = _furthest(wanted, _answers_of(found, values))
    if worst <= _MOST:
        return None
    noisy = [(value + _NOISE * chance.normal(size=value.shape)).astype("float32") for value in values]
    grown = _furthest(wanted, answers(noisy))
    if grown > max(_MOST, worst / 10):
        return f"with its weights, noise of {_NOISE:.0e} in its inputs moves them by {grown:.0e} of the largest one"
    raise Unreadable(name, [Problem("", f"outputs of the spec differ by {worst:.0e} of the largest one")])


def _answers_of(found: Imported, values: Sequence[Array]) -> Sequence[Array]:
    """The outputs of the spec for inputs of the source, with the axes of the source."""
    moved = {
        port.name: np.moveaxis(value, 1, -1) if is_turned else value
        for port, value, is_turned in zip(found.graph.inputs, values, found.turned[0], strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "spec.onnx"
        save(found.graph, target, found.arrays or {})
        ours = _session(str(target)).run(None, moved)
    return [
        np.moveaxis(value, -1, 1) if is_turned else value
        for value, is_turned in zip(ours, found.turned[1], strict=True)
    ]


def _furthest(wanted: Sequence[Array], found: Sequence[Array]) -> float:
    """The largest difference, relative to the largest number of its output; infinite where one is no number."""
    apart = [0.0]
    for one, other in zip(wanted, found, strict=True):
        same = one.shape == other.shape and bool(np.isfinite([one, other]).all())
        apart.append(float(np.abs(one - other).max()) / (float(np.abs(one).max()) or 1.0) if same else float("inf"))
    return max(apart)


def _session(file: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
