"""Layers of saved models that Keras does not have: ``import archdsl.layers`` before ``keras.models.load_model``.

Most models need none of them. They are saved as ``archdsl>ClassToken`` and so on, which stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.keras.layers import (
    Attention,
    Bias,
    ClassToken,
    Constant,
    ConvWith,
    DepthToSpace,
    Parameter,
    PositionEmbedding,
    RelativePositionBias,
    Repeat,
    ResizeBy,
    ResizeLike,
    RootMeanSquareNormalization,
    Scale,
    SpaceToDepth,
    UnflattenLike,
    WindowMerge,
    WindowPartition,
)

if TYPE_CHECKING:
    import keras

__all__ = [
    "Attention",
    "Bias",
    "ClassToken",
    "Constant",
    "ConvWith",
    "DepthToSpace",
    "Parameter",
    "PositionEmbedding",
    "RelativePositionBias",
    "Repeat",
    "ResizeBy",
    "ResizeLike",
    "RootMeanSquareNormalization",
    "Scale",
    "SpaceToDepth",
    "UnflattenLike",
    "WindowMerge",
    "WindowPartition",
    "needed",
]

_PREFIX = "archdsl>"


def needed(model: keras.Model) -> tuple[str, ...]:
    """The names of layers of this package in a model, without which its file does not load; none for most models."""
    import keras

    names = {keras.saving.get_registered_name(type(operation)) for operation in model.operations}
    return tuple(sorted(name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)))
