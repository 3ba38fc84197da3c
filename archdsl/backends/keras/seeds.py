"""Fresh weights that are the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Within the block, the initialisers of layers that are made depend on a seed, and on their order.

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
