"""A model of ours with the weights of its reference, and what the reference answers to the same images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from tests.conformance.transfer import relative_error, swap
from tests.conformance.vectors import kept


@dataclass(frozen=True)
class Comparison:
    name: str
    model: keras.Model
    images: np.ndarray | Mapping[str, np.ndarray]
    """With the other inputs by their names, if there are any."""
    expected: Mapping[str, np.ndarray]
    """A row for each image, by the name of the output; ``logits`` if there is but one."""
    dropped: Sequence[float] = ()
    """The rates of the reference's dropout, where its layers are at hand."""

    @property
    def error(self) -> float:
        """The largest of all outputs."""
        answer = self.model(self.images)
        answers = answer if isinstance(answer, dict) else {"logits": answer}
        assert answers.keys() == self.expected.keys()
        return max(relative_error(kept(np.asarray(answers[name])), self.expected[name]) for name in answers)

    def shows_swaps(self, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether the weights of two layers of equal shapes, exchanged, are an error: else it would prove little."""
        errors = []
        for first, second in pairs:
            swap(self.model, first, second)
            errors.append(self.error)
            swap(self.model, first, second)
        return all(error > 1e-3 for error in errors)

    def depends_on_the_image(self) -> bool:
        return all(relative_error(*rows) > 0.02 for rows in self.expected.values())
