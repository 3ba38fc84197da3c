"""What lowerings of spatial ops share: the Keras class for a rank, and layers that add zeros and take places off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from archdsl.backends.keras.registry import Site, Tensor


def by_rank(name: str, site: Site) -> Any:
    """The Keras layer class for the spatial rank of the input: ``Conv`` gives Conv1D, Conv2D or Conv3D."""
    return getattr(keras.layers, f"{name}{site.rank}D")


def zeros(pairs: Sequence[tuple[int, int]], site: Site, x: Tensor) -> Tensor:
    """The map with (before, after) zeros in each spatial dimension, by a helper layer ``path.pad`` if there are any."""
    if not any(map(any, pairs)):
        return x
    return by_rank("ZeroPadding", site)(bare(pairs), name=site.below("pad"))(x)


def cropped(pairs: Sequence[tuple[int, int]], site: Site, x: Tensor) -> Tensor:
    """The map without (before, after) places of each spatial dimension, by a helper ``path.crop`` if there are any."""
    if not any(map(any, pairs)):
        return x
    return by_rank("Cropping", site)(bare(pairs), name=site.below("crop"))(x)


def bare(pairs: Sequence[tuple[int, int]]) -> Any:
    """Pairs as Keras takes them: a single one when there is one dimension."""
    return pairs[0] if len(pairs) == 1 else tuple(pairs)
