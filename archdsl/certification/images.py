"""The test images for models, and sketches of their outputs: deterministic across machines."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens
from archdsl.weights.preprocessing import Preprocessing

COUNT: Final = 2
"""The number of images: two, so that an output that does not depend on the image is detected."""
_PATCH: Final = 16
"""Side of the patches of one colour that images have beneath their noise: what a network tells apart."""
_SIGNS: Final = 16
"""Numbers of a sketch."""


def fixed(graph: Graph, preprocessing: Preprocessing | None) -> dict[str, Any] | None:
    """Two examples of each input, channels last; ``None`` if an input has an open size.

    Images are patches and noise, brought into the form that ``preprocessing`` says, or to values around 0. Tokens are
    drawn from their table.
    """
    rows = tokens(graph)
    found = {}
    for port in graph.inputs:
        shape = [size for size in port.shape if isinstance(size, int)]
        if len(shape) < len(port.shape):
            return None
        count = rows.get(port.name)
        if count is not None:
            drawn = _bytes(port.name, (COUNT, *shape)).astype("int32")
            found[port.name] = drawn % (count if isinstance(count, int) else 1)
            continue
        pixels = _pixels(port.name, shape)
        is_photo = preprocessing is not None and len(shape) == 3 and shape[-1] == len(preprocessing.mean)
        if preprocessing is not None and is_photo:
            found[port.name] = preprocessing.normalised(pixels)
        else:
            found[port.name] = (pixels.astype("float32") - np.float32(127.5)) / np.float32(64)
    return found


def _pixels(name: str, shape: Sequence[int]) -> Any:
    noise = _bytes(f"{name} noise", (COUNT, *shape)).astype("uint16")
    if len(shape) != 3:
        return noise
    height, width, channels = shape
    coarse = _bytes(f"{name} patches", (COUNT, -(-height // _PATCH), -(-width // _PATCH), channels))
    patches = coarse.repeat(_PATCH, axis=1).repeat(_PATCH, axis=2)[:, :height, :width]
    return ((3 * patches.astype("uint16") + noise) // 4).astype("uint8")


def _bytes(name: str, shape: Sequence[int]) -> Any:
    drawn = hashlib.shake_256(f"archdsl {name}".encode()).digest(math.prod(shape))
    return np.frombuffer(drawn, dtype="uint8").reshape(shape)


def sketch(answer: Any) -> tuple[float, ...]:
    """Sixteen sums of all elements with random signs, and the root of the sum of squares.

    Two answers whose difference has the norm ``d`` differ by about ``d`` in each sum, whatever the difference is, so
    that these seventeen numbers tell answers apart as well as the answers themselves do.

    >>> one = np.arange(8, dtype="float32")
    >>> distance(sketch(one), sketch(one)), distance(sketch(one), sketch(one[::-1])) > 0.1
    (0.0, True)
    """
    values = np.asarray(answer, dtype="float64").ravel()
    bits = np.unpackbits(_bytes("signs", (_SIGNS, -(-values.size // 8))), axis=1)[:, : values.size]
    sums = values.sum() - 2 * (bits @ values)
    return (*(float(f"{each:.9g}") for each in sums), float(f"{np.linalg.norm(values):.9g}"))


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The distance of two sketches: an estimate of the norm of the difference of the outputs, relative to theirs."""
    *sums, norm = np.subtract(one, other)
    apart = max(math.sqrt(np.square(sums).mean()), abs(norm))
    return float(apart / max(abs(one[-1]), abs(other[-1]), 1e-30))
