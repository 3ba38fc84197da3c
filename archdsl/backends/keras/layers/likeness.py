"""Resizing a map to the size of another one that is known only at run time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import keras
from keras import ops

Shapes: TypeAlias = Sequence[Sequence[int | None]]


@keras.saving.register_keras_serializable(package="archdsl")
class ResizeLike(keras.layers.Layer):
    """The first of two maps ``[h, w, c]``, sampled at the height and width of the second, as ``Resizing`` samples."""

    def __init__(
        self, interpolation: str = "bilinear", antialias: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.interpolation = interpolation
        self.antialias = antialias

    def call(self, inputs: Sequence[Any]) -> Any:
        x, like = inputs
        for axis, size in enumerate(ops.shape(like)[1:3], 1):
            x = _resized(x, axis, size, self.interpolation, self.antialias)
        return x

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        (batch, *_, channels), (_, height, width, _) = input_shape
        return (batch, height, width, channels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "interpolation": self.interpolation,
            "antialias": self.antialias,
        }


@keras.saving.register_keras_serializable(package="archdsl")
class ResizeBy(keras.layers.Layer):
    """A map ``[h, w, c]`` enlarged by whole factors, as ``UpSampling2D`` does, also where its size is open.

    In a graph of TensorFlow, Keras's layer asks whether the size is positive, which is not known there.
    """

    def __init__(
        self, size: Sequence[int], interpolation: str = "bilinear", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        x, sizes = inputs, ops.shape(inputs)[1:3]
        for axis, (size, factor) in enumerate(zip(sizes, self.size, strict=True), 1):
            x = _resized(x, axis, size * factor, self.interpolation, antialias=False)
        return x

    def compute_output_shape(
        self, input_shape: Sequence[int | None]
    ) -> tuple[int | None, ...]:
        batch, *sizes, channels = input_shape
        larger = (
            None if size is None else size * factor
            for size, factor in zip(sizes, self.size, strict=True)
        )
        return (batch, *larger, channels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "interpolation": self.interpolation,
        }


@keras.saving.register_keras_serializable(package="archdsl")
class UnflattenLike(keras.layers.Layer):
    """Tokens ``[n, c]`` as a map with the spatial sizes of a second input, which has ``n`` positions."""

    def call(self, inputs: Sequence[Any]) -> Any:
        tokens, like = inputs
        return ops.reshape(tokens, (-1, *ops.shape(like)[1:-1], ops.shape(tokens)[-1]))

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        (batch, _, channels), (_, *sizes, _) = input_shape
        return (batch, *sizes, channels)


def _resized(x: Any, axis: int, size: Any, method: str, antialias: bool) -> Any:
    """``x`` resized to ``size`` along an axis, with half-pixel centres; Keras's resize needs static sizes."""
    count = ops.shape(x)[axis]
    places = ops.arange(size)
    if method == "nearest":
        return ops.take(x, ops.floor_divide((2 * places + 1) * count, 2 * size), axis)
    scale = ops.cast(count, "float32") / ops.cast(size, "float32")
    centres = (ops.cast(places, "float32") + 0.5) * scale - 0.5
    if antialias:
        distances = (
            ops.cast(ops.arange(count), "float32") - centres[:, None]
        ) / ops.maximum(scale, 1.0)
        weights = _FILTERS[method](ops.absolute(distances))
        weights = ops.cast(weights / ops.sum(weights, 1, keepdims=True), x.dtype)
        return ops.moveaxis(ops.tensordot(weights, x, ([1], [axis])), 0, axis)
    taps = _TAPS[method]
    first = ops.cast(ops.floor(centres), "int32") - (taps - 1)
    broadcast = [1] * len(x.shape)
    broadcast[axis] = -1
    found, total = 0.0, 0.0
    for tap in range(2 * taps):
        place = first + tap
        inside = ops.cast(ops.logical_and(place >= 0, place < count), "float32")
        weight = inside * _FILTERS[method](
            ops.absolute(ops.cast(place, "float32") - centres)
        )
        weight = ops.cast(ops.reshape(weight, broadcast), x.dtype)
        found = found + weight * ops.take(x, ops.clip(place, 0, count - 1), axis)
        total = total + weight
    return found / total


def _cubic(x: Any) -> Any:
    """Keys's cubic convolution with a = -1/2 (1981)."""
    near, far = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
    return ops.where(x < 1, near, ops.where(x < 2, far, 0.0))


def _lanczos(radius: int) -> Callable[[Any], Any]:
    def weights(x: Any) -> Any:
        angle = math.pi * ops.maximum(x, 1e-6)
        return ops.where(
            x < radius,
            radius * ops.sin(angle) * ops.sin(angle / radius) / (angle * angle),
            0.0,
        )

    return weights


_TAPS: Final = {"bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How far a filter reaches to each side, in places of the input."""
_FILTERS: Final[dict[str, Callable[[Any], Any]]] = {
    "bilinear": lambda x: ops.maximum(1 - x, 0.0),
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
"""Weights by the distance to the centre, which is not negative."""
