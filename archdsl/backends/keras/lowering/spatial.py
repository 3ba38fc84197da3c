"""What lowerings of spatial ops share: the Keras class for a rank, and a layer that pads with zeros."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.registry import Site
from archdsl.ops.sliding import Pairs


def by_rank(name: str, site: Site) -> Any:
    """The Keras layer class for the spatial rank of the input: ``Conv`` gives Conv1D, Conv2D or Conv3D."""
    return getattr(keras.layers, f"{name}{site.rank}D")


def zeros(pairs: Pairs, site: Site) -> keras.Layer:
    """The helper layer ``path.pad``, which pads by (before, after) in each spatial dimension."""
    pads: Any = pairs[0] if site.rank == 1 else pairs
    return by_rank("ZeroPadding", site)(pads, name=f"{site.path}.pad")
