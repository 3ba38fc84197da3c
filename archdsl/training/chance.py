"""Random numbers of a trial: each is a function of the seed and its purpose alone, and not of earlier draws.

So an epoch after a restart has the same random numbers, and variants see the same images in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np


def number(*purpose: int | str) -> int:
    """A 31-bit hash of a purpose, the same on every machine.

    >>> number(0, "order", 3) == number(0, "order", 3), number(0, "order", 3) == number(0, "order", 4)
    (True, False)
    """
    digest = blake2b("/".join(map(str, purpose)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def order(seed: int, epoch: int, count: int) -> np.ndarray[Any, Any]:
    """The permutation of the training images in an epoch."""
    return np.random.default_rng(number(seed, "order", epoch)).permutation(count)


def reseed(layers: Sequence[Any], seed: int, epoch: int) -> None:
    """Reseeds the random generators of Keras's layers for an epoch; each seed depends on the layer's name."""
    for layer in layers:
        states = [each for each in layer.variables if each.name == "seed_generator_state"]
        for index, state in enumerate(states):
            state.assign(np.asarray([number(seed, "layer", epoch, layer.name, index), 0], np.int64))
