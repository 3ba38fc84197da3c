"""Random numbers of a trial: each is a function of the seed and of what it is for, and of nothing that came before.

So an epoch after a restart is the epoch that it would have been, and variants see the same images in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np


def number(*purpose: int | str) -> int:
    """31 bits for a purpose, the same on every machine.

    >>> number(0, "order", 3) == number(0, "order", 3), number(0, "order", 3) == number(0, "order", 4)
    (True, False)
    """
    digest = blake2b("/".join(map(str, purpose)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def order(seed: int, epoch: int, count: int) -> np.ndarray[Any, Any]:
    """In which order an epoch takes the images."""
    return np.random.default_rng(number(seed, "order", epoch)).permutation(count)


def reseed(layers: Sequence[Any], seed: int, epoch: int) -> None:
    """Starts the generators of Keras's layers anew for an epoch; a generator is known by its layer's name."""
    for layer in layers:
        states = [each for each in layer.variables if each.name == "seed_generator_state"]
        for index, state in enumerate(states):
            state.assign(np.asarray([number(seed, "layer", epoch, layer.name, index), 0], np.int64))
