"""Helpers for lowering spatial ops: the Keras class for a rank, and layers that pad with zeros and crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from archdsl.backends.keras.registry import Site, Tensor


def by_rank(name: str, site: Site) -> Any:
    """The Keras layer class for the spatial rank of the input: ``Conv`` gives Conv1D, Conv2D or Conv3D."""
    return getattr(keras.layers, f"{name}{site.rank}D")


def zeros(pairs: Sequence[tuple[int, int]], site: Site, x: Tensor) -> Tensor:
    """The map padded with (before, after) zeros in each spatial dimension, by a helper layer ``path.pad`` if needed."""
    if not any(map(any, pairs)):
        return x
    return by_rank("ZeroPadding", site)(bare(pairs), name=site.below("pad"))(x)


def cropped(pairs: Sequence[tuple[int, int]], site: Site, x: Tensor) -> Tensor:
    """The map cropped by (before, after) in each spatial dimension, by a helper layer ``path.crop`` if needed."""
    if not any(map(any, pairs)):
        return x
    return by_rank("Cropping", site)(bare(pairs), name=site.below("crop"))(x)


def bare(pairs: Sequence[tuple[int, int]]) -> Any:
    """Pairs as Keras takes them: without the tuple if there is one dimension."""
    return pairs[0] if len(pairs) == 1 else tuple(pairs)
