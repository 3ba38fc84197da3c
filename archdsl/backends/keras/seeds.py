"""Reproducible initial weights."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Within the block, the initialisers of new layers depend on a seed and on the order of the layers.

    Keras gives each initialiser a seed from Python's generator, which is as it was after the block.
    """
    if seed is None:
        yield
        return
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
