"""One model in all forms: the same random weights, the same image, and how far the answers are from each other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from math import prod, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

import archdsl
from archdsl.diagnostics import ArchError
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens
from archdsl.weights import Array, expected
from scripts.exports.forms import FORMS, ON_TENSORFLOW, Answer, Case

LIMIT = 1e-5
"""What the error may be."""


class Measured(NamedTuple):
    """What was found of a model in one form."""

    error: float
    """The largest difference of an output from the reference's, relative to the largest number of that output."""
    against: str
    """The form that is the reference."""
    size: int
    """Bytes of the files."""
    first: float
    """Seconds of one core from the files to the first answer."""


def drawn(graph: Graph) -> dict[str, Array]:
    """Random weights that each show in the outputs: kernels scaled by their fan-in, factors around 1."""
    found = {}
    for key, weight in expected(graph).items():
        values: Any = np.random.default_rng(crc32(key.encode())).standard_normal(weight.shape, np.float32)
        name = key.rpartition("/")[2]
        if "variance" in name:
            values = np.exp(values / 4)
        elif "kernel" in name and len(weight.shape) > 1:
            values *= np.float32(sqrt(1 / prod(weight.shape[:-1])))
        else:
            values = values / 5 + (1 if name in ("gamma", "scale") else 0)
        found[key] = Array(weight.shape, "float32", lambda values=values: values)  # type: ignore[misc]  # of this round
    return found


def images(graph: Graph) -> dict[str, Any]:
    """A random input. Sizes that the spec leaves open are 64."""
    rng, whole = np.random.default_rng(0), tokens(graph)
    found: dict[str, Any] = {}
    for port in graph.inputs:
        shape = (1, *(dim if isinstance(dim, int) else 64 for dim in port.shape))
        if port.name in whole:
            found[port.name] = rng.integers(0, int(str(whole[port.name])), shape).astype(np.int32)
        else:
            found[port.name] = rng.standard_normal(shape, np.float32)
    return found


def relative(found: Any, wanted: Any) -> float:
    """The largest difference, relative to the largest number wanted; infinite where one is no number."""
    if found.shape != wanted.shape or not np.isfinite(wanted).all():
        return float("inf")
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def measure(name: str, forms: Sequence[str] = tuple(FORMS)) -> dict[str, Measured | str]:
    """What was found of a model in each form, or the reason why it has not that form.

    The reference is Keras where a form of TensorFlow's is among them or ONNX, and ONNX Runtime otherwise.
    """
    graph = archdsl.load(name).graph
    reference = "keras" if {*ON_TENSORFLOW, "onnx"} & {*forms} else "onnx"
    weights = drawn(graph)

    @cache
    def built() -> Any:
        from archdsl.backends.keras.build import build

        return build(graph, lambda _: weights)

    with TemporaryDirectory() as folder:
        case = Case(graph, weights, images(graph), Path(folder), built)
        found: dict[str, Measured | str] = {}
        wanted: Answer | None = None
        for form in (reference, *(form for form in forms if form != reference)):
            try:
                answer = FORMS[form](case)
            except ArchError as error:
                found[form] = "; ".join(dict.fromkeys(f"{d.text}: {d.primary.text}" for d in error.diagnostics))
                continue
            if wanted is None:
                wanted = answer
                if form not in forms:
                    continue
            errors = [relative(answer.outputs[name], value) for name, value in wanted.outputs.items()]
            found[form] = Measured(max(errors), reference, answer.size, answer.first)
            for path in Path(folder).iterdir():
                if path.is_file():
                    os.truncate(path, 0)
    return found
