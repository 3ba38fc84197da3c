"""What a reference in PyTorch answers, kept as vectors/*.json: its weights' names and shapes, and its outputs.

Weights and images are not kept: both sides draw them (``drawn``), and the tests carry them to our layers (``arrays``).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.conformance.drawn import Array, draw, noise, whole

_FOLDER = Path(__file__).parent / "vectors"

KEPT = 1024
"""As many numbers of an answer are kept for each image: all of a vector, and of a map as many at drawn places."""


@dataclass(frozen=True)
class Vector:
    """One answer, and everything that is needed to ask our model the same."""

    reference: str
    """Versions and the call that made the model."""
    model: str
    arguments: dict[str, Any]
    """Of our model, to be as large as the reference."""
    images: list[int]
    """Shape of the batch, channels last."""
    weights: dict[str, list[int]]
    """Shapes of the reference's arrays by their names."""
    outputs: dict[str, list[list[float]]]
    """A row for each image, by the name of the output; ``logits`` if there is but one."""
    factors: dict[str, float] = field(default_factory=dict)
    """On drawn weights whose names end so. Where a deep sum of residuals would grow, no late bias would show."""
    given: dict[str, list[list[float]]] = field(default_factory=dict)
    """Inputs beside the ``image``, by their names."""

    def drawn_weights(self) -> dict[str, Array]:
        return {name: np.asarray(self.factor(name) * draw(name, shape)) for name, shape in self.weights.items()}

    def factor(self, name: str) -> np.float32:
        return np.float32(math.prod(factor for ending, factor in self.factors.items() if name.endswith(ending)))

    def drawn_images(self) -> Array:
        return noise("images", self.images)

    def inputs(self) -> Array | dict[str, Array]:
        """The images; with other inputs, all by their names."""
        given = {name: np.asarray(values, dtype="float32") for name, values in self.given.items()}
        return {"image": self.drawn_images(), **given} if given else self.drawn_images()

    def expected(self, output: str = "logits") -> Array:
        return np.asarray(self.outputs[output], dtype="float32")

    def write(self, name: str) -> None:
        text = json.dumps(asdict(self), indent=1)
        lists = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), text)
        path = _FOLDER / f"{name}.json"
        path.write_text(lists.replace("[ ", "[").replace(" ]", "]") + "\n", encoding="utf-8")


def kept(answer: Array) -> Array:
    """A row for each image: its numbers, or those at ``KEPT`` drawn places of a map, channels last.

    >>> kept(np.arange(8.0).reshape(2, 2, 2))
    array([[0., 1., 2., 3.],
           [4., 5., 6., 7.]])
    """
    rows = answer.reshape(len(answer), -1)
    return rows if rows.shape[1] <= KEPT else rows[:, whole("places", (KEPT,), rows.shape[1])]


def read(name: str) -> Vector:
    return Vector(**json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
