"""Where the values of weights come from: a file, or fresh numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archdsl.backends.onnx.initial import fresh
from archdsl.backends.onnx.program import Array
from archdsl.backends.onnx.site import Arrays
from archdsl.ops.init import Init
from archdsl.weights import Array as Stored


def source(stored: Mapping[str, Stored], seed: int) -> Arrays:
    """Gives the arrays of a file, and for keys that it lacks fresh ones."""

    def array(key: str, shape: tuple[int, ...], start: Init, fan_out: int | None) -> Array:
        if key in stored:
            return np.asarray(stored[key].read(), np.float32)
        return fresh(key, shape, start, fan_out, seed)

    return array
