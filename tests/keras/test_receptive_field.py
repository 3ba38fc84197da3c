"""Receptive fields against gradients: a pixel belongs to the field of a place if the place's value depends on it.

Nothing cancels where weights and images are random, so that the gradient of one output with respect to the input is
zero outside the field, and not zero at its edges.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

import archdsl
from archdsl.ops.reach import Reach
from archdsl.passes.receptive import receptive_field

NETS = {
    "one": "conv(4, k=3)",
    "even": "conv(4, k=4, stride=2) -> conv(4, k=2)",
    "strides": "conv(4, k=7, stride=2) -> max_pool(3, stride=2) -> conv(4, k=3, stride=2)",
    "by numbers": "conv(4, k=7, stride=2, pad=3) -> avg_pool(3, stride=2, pad=1) -> conv(4, k=3, pad=1)",
    "valid": 'conv(4, k=5, pad="valid") -> avg_pool(2) -> conv(4, k=3, pad="valid")',
    "dilated": "conv(4, k=3) -> conv(4, k=3, dilation=2) -> conv(4, k=3, dilation=4)",
    "per axis": "conv(4, k=[1, 7]) -> conv(4, k=[3, 1], stride=[2, 1]) -> depthwise_conv([5, 1])",
    "separable": "separable_conv(4, k=5) -> avg_pool(2) -> separable_conv(4, k=3)",
    "branches": "concat { a: conv(2, k=1)  b: conv(2, k=3) -> conv(2, k=3)  c: avg_pool(3, stride=1) -> conv(2, k=1) }"
    " -> conv(4, k=3)",
    "residual": "conv(4, k=3) -> add { main: conv(4, k=3, stride=2) -> conv(4, k=3)  skip: conv(4, k=1, stride=2) }"
    " -> conv(4, k=3)",
    "nearest": "conv(4, k=3, stride=2) -> conv(4, k=3, stride=2) -> upsample(2) -> conv(4, k=3)",
    "bilinear": 'avg_pool(3) -> conv(4, k=3) -> upsample(3, method="bilinear") -> conv(4, k=2)',
    "thirds": "avg_pool(3) -> conv(4, k=3) -> upsample(3) -> conv(4, k=3) -> avg_pool(2)",
    "transposed": "conv(4, k=3, stride=2) -> conv_transpose(4, k=4, stride=2) -> conv(4, k=3)",
    "transposed by numbers": "avg_pool(2) -> conv_transpose(4, k=3, stride=2, pad=1, output_pad=1) -> conv(4, k=3)",
    "u-net": "concat { near: id  far: avg_pool(2) -> conv(4) -> conv_transpose(4, k=2, stride=2) } -> conv(4, k=3)",
    "shuffled": "space_to_depth(2) -> conv(16, k=3) -> depth_to_space(2) -> conv(4, k=3)",
    "padded": 'pad(2) -> conv(4, k=5, pad="valid") -> conv(4, k=3) -> crop(3)',
    "adaptive": "conv(4, k=3) -> adaptive_avg_pool(9)",
    "windows": "conv(4, k=3) -> window_partition(6) -> attention(2) -> window_merge(6, [36, 36]) -> conv(4, k=3)",
}


@pytest.mark.parametrize("name", NETS)
def test_the_gradient_reaches_exactly_as_far(name: str) -> None:
    architecture = archdsl.load_text(f"model Net() :: [36, 36, 3] -> [_, _, _] {{ {NETS[name]} }}")
    model = architecture.build()
    for weight in model.weights:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    axes = receptive_field(architecture.graph).nodes[architecture.graph.outputs[0].node].axes
    places = _places(model.output_shape[1:3])
    for place, reached in zip(places, _reached(model, places), strict=True):
        assert reached == [_seen(sight, at) for sight, at in zip(axes, place, strict=True)], place


def _places(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Two corners, and neighbours in the middle, under which an enlarged map lies differently."""
    height, width = size
    return [(0, 0), (height - 1, width - 1), *((height // 2, column) for column in range(width // 3, width // 3 + 4))]


def _seen(sight: object, place: int) -> tuple[int, int]:
    assert isinstance(sight, Reach)
    return max(sight.begin(place), 0), min(sight.end(place), 35)


def _reached(model: keras.Model, places: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """For each place the first and the last row, and column, on which its values depend."""
    # Several images, since each has winners of its own in the windows of a maximum.
    images = tf.random.stateless_normal((16, 36, 36, 3), (1, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        output = model(images)
        values = [tf.reduce_sum(output[:, row, column]) for row, column in places]
    for value in values:
        touched = tape.gradient(value, images).numpy() != 0
        rows, columns = (np.flatnonzero(np.any(touched, axis=axes)) for axes in ((0, 2, 3), (0, 1, 3)))
        yield [(int(found[0]), int(found[-1])) for found in (rows, columns)]
